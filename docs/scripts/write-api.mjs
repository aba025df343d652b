// Writes a page of API for every entry of every published package into `pages/api/`, from the docstrings of the sources.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { entrySources, readWorkspace } from '../../tooling/boundaries/workspace.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = path.join(root, 'packages');

/** Name of an entry, as it is imported, by its source file under `packages/`; scripts of workers export nothing. */
const entries = new Map(
  readWorkspace(root).flatMap((pkg) =>
    [...entrySources(pkg, ['import'])]
      .filter(([entry]) => !entry.startsWith('./worker'))
      .map(([entry, file]) => [
        path.relative(packages, path.join(pkg.dir, file)),
        path.posix.join(pkg.name, entry),
      ]),
  ),
);

const app = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: [...entries.keys()].map((file) => path.join(packages, file)),
  name: 'API',
  basePath: packages,
  tsconfig: fileURLToPath(new URL('../tsconfig.api.json', import.meta.url)),
  out: fileURLToPath(new URL('../pages/api/', import.meta.url)),
  readme: 'none',
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  logLevel: 'Warn',
  validation: { notExported: false },
  groupOrder: ['Functions', 'Variables', 'Classes', 'Interfaces', 'Type Aliases'],
  // Of typedoc-plugin-markdown: one page for each entry, anchors that do not hang on how the site names headings.
  ...{
    router: 'module',
    entryFileName: 'index',
    useHTMLAnchors: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
  },
  ...{ parametersFormat: 'table', interfacePropertiesFormat: 'table', typeDeclarationFormat: 'table' },
});
const project = await app.convert();
if (project === undefined) throw new Error('typedoc could not read the sources: see the errors above');
for (const [file, name] of entries) {
  const module = project.children?.find((child) => child.name === file.replace(/(\/index)?\.ts$/, ''));
  if (module === undefined) throw new Error(`typedoc has no page for ${name}, whose source is ${file}`);
  module.name = name;
}
await app.generateOutputs(project);
