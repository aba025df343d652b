// Draws blocks of Mermaid while the site is built: readers get a picture and load no script for it.
import { renderMermaidSVG } from 'beautiful-mermaid';

const COLOURS = {
  light: { bg: '#ffffff', fg: '#27272a' },
  dark: { bg: '#1b1b1f', fg: '#dfdfd6' },
};

/** @param {import('vitepress').MarkdownRenderer} markdown */
export function drawDiagrams(markdown) {
  const code = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, at, ...rest) => {
    const { info, content } = tokens[at];
    if (info.trim() !== 'mermaid') return code?.(tokens, at, ...rest) ?? '';
    return Object.entries(COLOURS)
      .map(([theme, colours]) => {
        // The drawing asks for its font from another server, and names the system's as the second choice: that one will do.
        const svg = renderMermaidSVG(content, colours).replace(/@import url\([^)]*\);/, '');
        const source = `data:image/svg+xml,${encodeURIComponent(svg)}`;
        return `<img v-pre class="diagram ${theme}-only" alt="diagram" src="${source}">`;
      })
      .join('\n');
  };
}
