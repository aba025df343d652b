import type { Cohort } from '@semcrc/core';

/** Patient of each scan, where some patient has several: what documents keep of a cohort's patients. */
export function patientsIn({ ids, patients }: Pick<Cohort, 'ids' | 'patients'>): {
  readonly patients?: Readonly<Record<string, string>>;
} {
  if (new Set(patients).size === ids.length) return {};
  return { patients: Object.fromEntries(ids.map((id, at) => [id, patients[at]])) };
}
