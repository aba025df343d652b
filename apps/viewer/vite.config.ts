import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

// One HTML file with everything in it: it opens from any folder, from a stick, without a server, and has nothing left to fetch.
export default defineConfig({
  base: './',
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // A worker is text in the page and can import nothing; from a disk, browsers load no module from such text.
  worker: { format: 'iife', rolldownOptions: { output: { codeSplitting: false } } },
  build: { target: 'es2022', chunkSizeWarningLimit: 1e5, reportCompressedSize: false },
});
