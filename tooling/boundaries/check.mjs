// `pnpm boundaries`: prints every import that breaks a rule of the house; exits 1 if there is one.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBoundaries } from './rules.mjs';
import { readWorkspace } from './workspace.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rootManifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const packages = readWorkspace(root);
const violations = checkBoundaries(packages, Object.keys(rootManifest.devDependencies));
for (const { rule, where, message } of violations) console.error(`${rule}: ${where}: ${message}`);
const files = packages.reduce((sum, pkg) => sum + pkg.files.size, 0);
console.log(`boundaries: ${packages.length} packages, ${files} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;
