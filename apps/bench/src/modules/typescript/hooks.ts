import type { ResolveHook } from 'node:module';

/** Has TypeScript count as ES modules without `"type": "module"` in its package.json too, as it does where Node runs it itself. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  return /\.tsx?(\?|$)/.test(resolved.url) ? { ...resolved, format: 'module' } : resolved;
};
