import { describe, expect, it } from 'vitest';
import { parseChangeset, releaseChangelog } from '../release/changelog.mjs';

describe('a changeset', () => {
  it('says its sentence, and the largest of its changes', () => {
    const text = '---\n"semcrc": patch\n"@semcrc/core": minor\n---\n\nA new bound.\n';
    expect(parseChangeset(text)).toEqual({ bump: 'minor', sentence: 'A new bound.' });
  });

  it('that changes no package says nothing', () => {
    expect(parseChangeset('---\n---\n\nOnly tests.\n')).toBeUndefined();
  });

  it('without its frontmatter is refused', () => {
    expect(() => parseChangeset('A new bound.')).toThrow(/not a changeset: A new bound/);
  });
});

describe('the changelog of a release', () => {
  const changes = [
    { bump: 'minor', sentence: 'A new bound.\nIt is tight.' },
    { bump: 'patch', sentence: 'λ is rounded up.' },
  ] as const;

  it('keeps what stood under Unreleased and adds changes by kind, below an empty Unreleased', () => {
    const before =
      '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Strata.\n\n## [0.1.0] - 2026-01-02\n\n- First.\n';
    expect(releaseChangelog(before, changes, '0.2.0', '2026-02-03')).toBe(
      '# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-03\n\n### Added\n\n- Strata.\n- A new bound.\n  It is tight.\n\n' +
        '### Fixed\n\n- λ is rounded up.\n\n## [0.1.0] - 2026-01-02\n\n- First.\n',
    );
  });

  it('is written for the first release, too', () => {
    expect(
      releaseChangelog('# Changelog\n\n## [Unreleased]\n\n### Added\n\n- All.\n', [], '0.1.0', '2026-01-02'),
    ).toBe('# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-02\n\n### Added\n\n- All.\n');
  });

  it('needs a place to stand', () => {
    expect(() => releaseChangelog('# Changelog\n', [], '0.1.0', '2026-01-02')).toThrow(/Unreleased/);
  });
});
