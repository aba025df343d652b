import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { drawDiagrams } from './diagrams.mjs';
import { apiPages, packagePages } from './navigation.mjs';

export default defineConfig({
  title: 'semcrc',
  description: 'Conformal risk control for semantic uncertainty in CT',
  lang: 'en',
  // Where the site is put on its server: the folder's name between slashes.
  base: process.env.SITE_BASE ?? '/',
  srcDir: 'pages',
  outDir: './dist',
  cacheDir: 'build/cache',
  metaChunk: true,
  // A link to a file that is no page leads to a copy of it.
  ignoreDeadLinks: [(link) => existsSync(fileURLToPath(new URL(`../pages/public${link}`, import.meta.url)))],
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The index of the local search is one file.
  vite: { build: { chunkSizeWarningLimit: 4096 } },
  markdown: { config: drawDiagrams, anchor: { slugify: slugOf } },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Method', link: '/method' },
      { text: 'Commands', link: '/cli' },
      { text: 'Examples', link: '/examples/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      {
        text: 'Using it',
        items: [
          { text: 'What it is', link: '/' },
          { text: 'The command line', link: '/cli' },
          { text: 'The page', link: '/viewer' },
          { text: 'Simulated cohorts', link: '/simulate' },
          { text: 'Networks', link: '/predict' },
          { text: 'Examples', link: '/examples/' },
        ],
      },
      {
        text: 'Understanding it',
        items: [
          { text: 'The method', link: '/method' },
          { text: 'The scanner', link: '/scanner' },
          { text: 'Glossary', link: '/glossary' },
          { text: 'The paper on simulated patients', link: '/paper' },
          { text: 'Reports', link: '/report' },
          { text: 'Performance', link: '/performance' },
        ],
      },
      {
        text: 'Working on it',
        items: [
          { text: 'Contributing', link: '/contributing' },
          { text: 'Releasing', link: '/release' },
          { text: 'Security', link: '/security' },
          { text: 'Changelog', link: '/changelog' },
        ],
      },
      { text: 'Packages', collapsed: true, items: packagePages() },
      { text: 'API', collapsed: true, items: apiPages() },
    ],
  },
});

/** The anchor of a heading as GitHub makes it, so that a link holds there, too. @param {string} heading */
function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
