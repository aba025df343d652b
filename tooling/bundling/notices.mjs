// The notices of third parties: whose code a package ships inside its own files, and under which licence.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const NOTICES = 'dist/THIRD_PARTY_NOTICES.md';
const LEGAL = /^(licen[cs]e|copying|notice)([-.].*)?$/i;

/** Collects from the licences as installed; one for each published package that holds code of others. */
export class Notices {
  /** Text by heading, as it stands in the file. @type {Map<string, string>} */
  #sections = new Map();

  /**
   * Takes in every package of which a bundle holds code.
   * @returns {import('rolldown').Plugin}
   */
  plugin() {
    return {
      name: 'third-party-notices',
      generateBundle: (_, bundle) => {
        for (const output of Object.values(bundle)) {
          if (output.type !== 'chunk') continue;
          for (const id of Object.keys(output.modules)) {
            // A virtual module of the bundler has no file.
            if (path.isAbsolute(id)) this.add(packageFolder(id));
          }
        }
      },
    };
  }

  /**
   * Takes in the package in a folder; of a package of this workspace, what it holds itself.
   * @param {string} folder absolute
   */
  add(folder) {
    if (!folder.split(path.sep).includes('node_modules')) {
      const own = path.join(folder, NOTICES);
      if (existsSync(own)) for (const [heading, text] of readSections(own)) this.#sections.set(heading, text);
      return;
    }
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const texts = readdirSync(folder)
      .filter((file) => LEGAL.test(file))
      .sort()
      .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
    if (typeof license !== 'string' || texts.length === 0)
      throw new Error(`${name} ${version} states no licence or ships no text of it: it cannot be bundled`);
    this.#sections.set(`${name} ${version} (${license})`, indent(texts.join('\n\n')));
  }

  /** Writes them all into the package in a folder. @param {string} folder */
  write(folder) {
    const sections = [...this.#sections]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([heading, text]) => `## ${heading}\n\n${text}\n`);
    const title = '# Third-party notices\n\nThe files of this package hold code of the packages below.\n';
    mkdirSync(path.join(folder, 'dist'), { recursive: true });
    writeFileSync(path.join(folder, NOTICES), [title, ...sections].join('\n'));
  }
}

/** @param {string} file a module's @returns {string} the nearest folder above it whose package.json has a name */
function packageFolder(file) {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name) return folder;
  }
  throw new Error(`${file} lies in no package`);
}

/**
 * Texts are indented, so that none holds a heading of its own.
 * @param {string} file @returns {[heading: string, text: string][]}
 */
function readSections(file) {
  return readFileSync(file, 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...text] = section.split('\n');
      return [heading, text.join('\n').replace(/^\n+|\n+$/g, '')];
    });
}

/** @param {string} text */
function indent(text) {
  return text.replace(/\r/g, '').replace(/^(?=.)/gm, '    ');
}
