/** What Slurm gives each task. */
export interface TaskResources {
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly minutes: number;
}

/** An array of parts, and the job that merges them. */
export interface SlurmWork {
  /** The command line of semcrc itself: an interpreter and a script, or what the user says. */
  readonly semcrc: readonly string[];
  /** The command whose parts they are, with its options. */
  readonly words: readonly string[];
  readonly parts: number;
  readonly out: string;
  /** Where the jobs are submitted from: paths are relative to it. */
  readonly directory: string;
  readonly task: TaskResources;
  readonly merge: TaskResources;
  /** Options for sbatch as they are, such as `--partition=cpu`. */
  readonly sbatch: readonly string[];
  /** Remarks at the top, a line each. */
  readonly remarks: readonly string[];
}

/**
 * A shell script that submits the parts as a Slurm array, and a merge that runs once all of them ended well. Run again, it does what
 * failed or was killed: a part that is done takes no time.
 */
export function slurmScript(work: SlurmWork): string {
  const { semcrc, words, parts, out, directory, task, merge, sbatch, remarks } = work;
  const [command] = words;
  const logs = `${out.replace(/\/+$/, '')}.slurm`;
  const part = `--part "$SLURM_ARRAY_TASK_ID/${parts}"`;
  const submit = (options: readonly string[]) => ['sbatch', '--parsable', ...options].join(' ');
  const array = submit([
    `--job-name=semcrc-${command}`,
    `--array=1-${parts}`,
    ...given(task),
    `--output=${quoted(`${logs}/part-%a.log`)}`,
    '--requeue',
    ...sbatch.map(quoted),
  ]);
  const merging = submit([
    '--job-name=semcrc-merge',
    '--dependency="afterok:$array"',
    '--kill-on-invalid-dep=yes',
    ...given(merge),
    `--output=${quoted(`${logs}/merge.log`)}`,
    ...sbatch.map(quoted),
  ]);
  return `#!/bin/bash
# semcrc ${command} in ${parts} parts: an array of tasks, and a job that merges once all of them ended well.
# Run it again to do what failed or was killed: it goes on from there. semcrc status ${quoted(out)} says how far it has come.
${remarks.map((remark) => `# ${remark}\n`).join('')}set -eu
cd ${quoted(directory)}
mkdir -p ${quoted(logs)}
array=$(${array} <<'TASK'
#!/bin/bash
exec ${[...semcrc, ...words].map(quoted).join(' ')}${words.includes('--workers') ? '' : ` --workers ${task.cpus}`} ${part}
TASK
)
array=\${array%%;*}
merge=$(${merging} <<'MERGE'
#!/bin/bash
exec ${[...semcrc, 'merge', out].map(quoted).join(' ')}
MERGE
)
echo "array $array: ${parts} parts of semcrc ${command}; merge \${merge%%;*} follows. Logs are in ${logs.replace(/["$`\\]/g, '\\$&')}"
`;
}

const given = ({ cpus, memoryMiB, minutes }: TaskResources): string[] => [
  `--cpus-per-task=${cpus}`,
  `--mem=${memoryMiB}M`,
  `--time=${minutes}`,
];

/** A word as a POSIX shell reads it. */
export const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
