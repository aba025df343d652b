import type { ComponentChildren } from 'preact';

/** Where the files come from, in a few steps. */
export function Steps({ children }: { readonly children: ComponentChildren }) {
  return <ol class="steps">{children}</ol>;
}

export function Step({
  title,
  command,
  children,
}: {
  readonly title: string;
  readonly command?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <li class="card">
      <h2>{title}</h2>
      <p class="muted">{children}</p>
      {command && <code>{command}</code>}
    </li>
  );
}
