// A Stryker plugin: leaves the words of error messages alone. Whether a test asserts each word says nothing about the code.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const isText = (node) => node.type === 'StringLiteral' || node.type === 'TemplateLiteral';

/** Whether a node stands in `new SomethingError(...)`. */
function isInError(path) {
  const construction = path.findParent((parent) => parent.isNewExpression() || parent.isFunction());
  if (construction?.isNewExpression() !== true) return false;
  const { name = '' } = construction.node.callee;
  return name.endsWith('Error');
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'messages', {
    shouldIgnore(path) {
      return isText(path.node) && isInError(path) ? 'words of an error message' : undefined;
    },
  }),
];
