import type { ApplySummary } from '@semcrc/core';

/** A row per organ of a scan's summary. */
export function summaryRows({ organs, units }: ApplySummary): string {
  const head = ['label', 'name', 'voxels', `mean_width_${units}`, 'status'];
  const rows = Object.entries(organs).map(([id, { name, voxels, meanWidth, status }]) => [
    id,
    name,
    String(voxels),
    meanWidth === null ? '' : String(meanWidth),
    status,
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** As RFC 4180 has it. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
