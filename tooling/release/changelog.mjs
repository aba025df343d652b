// What the changelog says of a release.

/** @typedef {{ bump: 'major' | 'minor' | 'patch', sentence: string }} Change */

const HEADINGS = /** @type {const} */ ({ major: 'Changed', minor: 'Added', patch: 'Fixed' });

/**
 * One changeset, as `.changeset/*.md` holds it. Of several packages the largest change counts.
 * @param {string} text
 * @returns {Change | undefined} undefined for a changeset that changes no package
 */
export function parseChangeset(text) {
  const [, front, body] = /^---\n([\s\S]*?)^---\n([\s\S]*)$/m.exec(text) ?? [];
  if (front === undefined || body === undefined) throw new Error(`not a changeset: ${text.slice(0, 80)}`);
  const bumps = [...front.matchAll(/: *(major|minor|patch) *$/gm)].map(([, bump]) => bump);
  const bump = /** @type {const} */ (['major', 'minor', 'patch']).find((kind) => bumps.includes(kind));
  return bump && { bump, sentence: body.trim() };
}

/**
 * The changelog with a heading for a new version: under it what stood under Unreleased, and the changes by kind, each
 * in the section that there is or a new one.
 * @param {string} changelog in the format of Keep a Changelog
 * @param {readonly Change[]} changes
 * @param {string} version
 * @param {string} date YYYY-MM-DD
 * @returns {string}
 */
export function releaseChangelog(changelog, changes, version, date) {
  const unreleased = '## [Unreleased]\n';
  const start = changelog.indexOf(unreleased);
  if (start < 0) throw new Error('the changelog has no section [Unreleased]');
  const after = start + unreleased.length;
  const next = changelog.indexOf('\n## [', after);
  const end = next < 0 ? changelog.length : next;
  const sections = changelog
    .slice(after, end)
    .split(/^(?=### )/m)
    .map((section) => section.trim())
    .filter((section) => section !== '');
  for (const [bump, name] of Object.entries(HEADINGS)) {
    const lines = changes
      .filter((change) => change.bump === bump)
      .map(({ sentence }) => `- ${sentence.replaceAll('\n', '\n  ')}`);
    if (lines.length === 0) continue;
    const at = sections.findIndex((section) => section.startsWith(`### ${name}\n`));
    if (at < 0) sections.push(`### ${name}\n\n${lines.join('\n')}`);
    else sections[at] += `\n${lines.join('\n')}`;
  }
  const release = `\n## [${version}] - ${date}\n\n${sections.join('\n\n')}\n`;
  return changelog.slice(0, after) + release + changelog.slice(end);
}
