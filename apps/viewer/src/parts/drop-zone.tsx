import { useRef } from 'preact/hooks';
import type { Dropped } from '../engine/index.ts';
import { dragging } from '../state/drops.ts';
import { filesOfList } from '../state/files.ts';

/** Where files and folders are chosen, and where drops are asked for; they are taken anywhere on the page. */
export function DropZone({
  title,
  hint,
  accept,
  take,
}: {
  readonly title: string;
  readonly hint: string;
  readonly accept: string;
  readonly take: (files: readonly Dropped[]) => void;
}) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const chosen = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    const found = filesOfList(currentTarget.files ?? []);
    // The same file can be chosen again, after it was changed.
    currentTarget.value = '';
    if (found.length > 0) take(found);
  };
  return (
    <section class={`drop ${dragging.value ? 'over' : ''}`} aria-label={title}>
      <svg viewBox="0 0 24 24" width="34" height="34" aria-hidden="true">
        <path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M4 16v3a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-3" />
      </svg>
      <h2>{title}</h2>
      <p class="muted">{hint}</p>
      <p class="actions">
        <button type="button" class="main" onClick={() => files.current?.click()}>
          Choose files
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
      </p>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        accept={accept}
        data-choice="files"
        aria-label={`${title}: files`}
        onChange={chosen}
      />
      <input
        ref={folder}
        type="file"
        hidden
        data-choice="folder"
        aria-label={`${title}: a folder`}
        {...{ webkitdirectory: true }}
        onChange={chosen}
      />
    </section>
  );
}
