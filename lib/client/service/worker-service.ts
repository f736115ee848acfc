/** What a service manager is told about a worker. No secret is among it: those are in a file that only its user can read. */
export interface WorkerService {
  readonly node: string;
  readonly program: string;
  /** Behind the program, `worker` first. */
  readonly args: readonly string[];
  readonly envFile: string;
  /** Where build commands are looked for: a service manager's own is short. */
  readonly path: string;
  /** Whose processes they are; the installing user's if absent. */
  readonly user?: string | undefined;
  /** How long it may take to finish a build when it is told to stop. */
  readonly stopSeconds: number;
  readonly logFile: string;
}

/** One `NAME='value'` a line, which systemd and Node read alike. */
export function envFileContent(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([name, value]) => {
    if (/['\n\r]/.test(value))
      throw new Error(`${name} has a quote or a line end in it, which no environment file can hold`);
    return `${name}='${value}'\n`;
  });
  return lines.join('');
}
