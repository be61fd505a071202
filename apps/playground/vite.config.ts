import { defineConfig } from 'vite';

/** What lets a page share memory among threads. Plain hosting will do as well: the page plays on one thread. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  base: './',
  build: {
    target: 'es2023',
    outDir: '../dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
  server: { headers },
  preview: { headers },
  // Engines find their WebAssembly beside themselves.
  optimizeDeps: { exclude: ['onnxruntime-web', '@mujoco/mujoco'] },
});
