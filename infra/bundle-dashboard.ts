import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile } from 'esbuild';

/** A file of the page, and what it weighs on its way to a browser. */
export interface PageFile {
  readonly name: string;
  readonly bytes: number;
  readonly brotliBytes: number;
  readonly gzipBytes: number;
  /** The page loads it at once; else only when a view asks for it. */
  readonly isFirst: boolean;
}

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3558d4"/><path d="M10 7v12a5 5 0 0 0 5 5h7M10 14h7a5 5 0 0 1 5 5v0" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`;

const OPTIONS = {
  entryPoints: ['dashboard/main.ts', 'dashboard/style.css'],
  bundle: true,
  format: 'esm',
  // What a view loads only when it is shown is a file of its own.
  splitting: true,
  minify: true,
  metafile: true,
  write: false,
  target: ['es2022', 'chrome120', 'firefox121', 'safari17'],
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Makes the dashboard's files below `folder`, each compressed in both ways; a browser is sent nothing else. */
export async function bundleDashboard(folder: string, index = 'dashboard/index.html'): Promise<PageFile[]> {
  const { outputFiles, metafile } = await build({ ...OPTIONS, outdir: folder });
  const [script, style] = OPTIONS.entryPoints.map((entry) => outputOf(metafile, entry));
  const page = (await readFile(index, 'utf8'))
    .replace('{{icon}}', `data:image/svg+xml,${encodeURIComponent(ICON)}`)
    .replace('{{script}}', `dashboard/${basename(script ?? '')}`)
    .replace('{{style}}', `dashboard/${basename(style ?? '')}`);
  await mkdir(folder, { recursive: true });
  const first = new Set([script, style, ...importsOf(metafile, script ?? '')].map((path) => basename(path ?? '')));
  const files = [
    await write(folder, 'index.html', Buffer.from(page), true),
    ...(await Promise.all(
      outputFiles.map(({ path, contents }) => write(folder, basename(path), contents, first.has(basename(path)))),
    )),
  ];
  return files;
}

function outputOf({ outputs }: Metafile, entry: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry);
  if (!found) throw new Error(`esbuild made nothing of ${entry}`);
  return found[0];
}

/** What the browser loads with it, at any depth; not what it loads later. */
function importsOf({ outputs }: Metafile, path: string): string[] {
  const direct = outputs[path]?.imports.filter(({ kind }) => kind === 'import-statement').map((one) => one.path) ?? [];
  return [...direct, ...direct.flatMap((one) => importsOf({ outputs, inputs: {} }, one))];
}

async function write(folder: string, name: string, contents: Uint8Array, isFirst: boolean): Promise<PageFile> {
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  const br = brotliCompressSync(contents, {
    params: { ...quality, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length },
  });
  const gzip = gzipSync(contents, { level: constants.Z_BEST_COMPRESSION });
  await writeFile(join(folder, `${name}.br`), br);
  await writeFile(join(folder, `${name}.gz`), gzip);
  return { name, bytes: contents.length, brotliBytes: br.length, gzipBytes: gzip.length, isFirst };
}
