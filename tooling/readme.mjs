// The READMEs' usage, as code: what they show is what is run.
import { readFileSync } from 'node:fs';

/**
 * The first block of code in a README.
 *
 * @param {string} name of the file, from the root of the workspace
 * @param {'js' | 'sh'} language the block is marked with
 */
export function usageProgram(name = 'README.md', language = 'js') {
  const readme = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const block = new RegExp(`\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  if (block === undefined) throw new Error(`${name} shows no usage: expected a block marked ${language}`);
  return block;
}

/**
 * A README's program with some of its words replaced.
 *
 * @param {string} program
 * @param {Readonly<Record<string, string>>} replacements each must be found
 */
export function withReplaced(program, replacements) {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the README's program has no ${from} any more:\n${program}`);
    return text.replaceAll(from, to);
  }, program);
}
