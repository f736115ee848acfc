import { readFile, rm } from 'node:fs/promises';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { bundleDashboard } from './bundle-dashboard.ts';
import { bundleFolder } from './bundle-folder.ts';
import { writeClientTypes } from './client-types.ts';
import { FUNCTIONS } from './functions.ts';

/** Packages that are CommonJS call `require`, which an ES module has only if it makes one. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Loaded by the SDK only where the environment holds no credentials. Lambda always sets them, so these sign-in flows of
 * developers' machines and of containers (77 KB) would never run there.
 */
const UNUSED_SIGN_INS = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/nested-clients/*',
  '@smithy/credential-provider-imds',
];

/** Of its own `package.json` (2.5 KB each) a client of the SDK uses the version. */
const ONLY_VERSIONS: Plugin = {
  name: 'only-versions',
  setup: ({ onLoad }) =>
    onLoad({ filter: /@aws-sdk[/\\]client-\w+[/\\]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    }),
};

/** What else the form parser can take (4 KB, and its decoder); functions give it `multipart/form-data` alone. */
const ONLY_MULTIPART: Plugin = {
  name: 'only-multipart',
  setup: ({ onLoad }) =>
    onLoad({ filter: /busboy[/\\]lib[/\\]types[/\\]urlencoded\.js$/ }, () => ({
      contents: 'module.exports = { detect: /(?!)/ };',
    })),
};

/** What DynamoDB's client would keep endpoints in that it discovers, if anybody told it to: a library of 7 KB for a map. */
const ONLY_A_MAP: Plugin = {
  name: 'only-a-map',
  setup: ({ onLoad }) =>
    onLoad({ filter: /mnemonist[/\\]lru-cache\.js$/ }, () => ({
      contents: `
        module.exports = class extends Map {
          constructor() { super(); }
          peek(key) { return this.get(key); }
        };`,
    })),
};

/** Of `undici` the command line needs the way through proxies, and not its fetch, caches and sockets (210 KB): Node has those. */
const ONLY_PROXIES: Plugin = {
  name: 'only-proxies',
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules[/\\]undici[/\\]index\.js$/ }, () => ({
      contents: `
        const { prototype } = require('./lib/dispatcher/dispatcher');
        prototype.request = require('./lib/api/api-request');
        prototype.connect = require('./lib/api/api-connect');
        exports.EnvHttpProxyAgent = require('./lib/dispatcher/env-http-proxy-agent');
        exports.setGlobalDispatcher = require('./lib/global').setGlobalDispatcher;`,
    })),
};

const COMMON = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  minify: true,
  metafile: true,
  // Packages' ES modules can be shaken, their CommonJS forms cannot.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} satisfies BuildOptions;

export interface Bundle {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Makes one bundle for each function, with the dashboard beside its own, one of the command line and one of the client, below
 * `outdir`. Answers the bundles' sizes.
 */
export async function bundle(outdir = 'dist'): Promise<Bundle[]> {
  await rm(outdir, { recursive: true, force: true });
  const entryPoints = FUNCTIONS.map(({ file }) => ({
    in: `functions/${file}.ts`,
    out: `${bundleFolder(file, '.')}/index`,
  }));
  const functions = await bundleForLambda(outdir, entryPoints);
  await bundleDashboard(`${bundleFolder('api/show-dashboard', outdir)}/page`);
  const programs = [await bundleClient(`${outdir}/buildlatch.mjs`), await bundleLibrary(outdir)];
  return [...functions, ...programs.flat()];
}

/** Bundles as functions are: whatever is compared with them is made the same way. */
export async function bundleForLambda(
  outdir: string,
  entryPoints: readonly { readonly in: string; readonly out: string }[],
): Promise<Bundle[]> {
  const { metafile } = await build({
    ...COMMON,
    target: 'node24',
    entryPoints: [...entryPoints],
    outdir,
    outExtension: { '.js': '.mjs' },
    external: UNUSED_SIGN_INS,
    plugins: [ONLY_VERSIONS, ONLY_MULTIPART, ONLY_A_MAP],
    sourcemap: 'linked',
    banner: { js: REQUIRE },
  });
  return sizes(metafile);
}

/** What runs on users' machines. */
const PROGRAM = {
  ...COMMON,
  target: 'node20',
  plugins: [ONLY_PROXIES],
  banner: { js: REQUIRE },
} satisfies BuildOptions;

/** Makes the command line's bundle, which is published. */
export async function bundleClient(outfile: string): Promise<Bundle[]> {
  return sizes((await build({ ...PROGRAM, entryPoints: ['lib/client/cli/main.ts'], outfile })).metafile);
}

/** Makes `buildlatch/client`, with its types. */
export async function bundleLibrary(outdir: string): Promise<Bundle[]> {
  const outfile = `${outdir}/client.mjs`;
  const { metafile } = await build({ ...PROGRAM, entryPoints: ['lib/client/scripting/public.ts'], outfile });
  await writeClientTypes(`${outdir}/types`);
  return sizes(metafile);
}

/** The text of the GitHub Action's bundle, not minified: it is checked in, and whoever runs it may want to read it. */
export async function bundleAction(): Promise<string> {
  const action = {
    ...PROGRAM,
    minify: false,
    target: 'node24',
    write: false,
    entryPoints: ['lib/client/action/main.ts'],
  };
  const { outputFiles } = await build({ ...action, outfile: 'action.mjs' });
  return outputFiles?.[0]?.text ?? '';
}

function sizes({ outputs }: Metafile): Bundle[] {
  return Object.entries(outputs)
    .filter(([path]) => path.endsWith('.mjs'))
    .map(([path, { bytes }]) => ({ name: path, bytes }));
}

if (import.meta.main) {
  const bundles = await bundle();
  const largest = bundles.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  console.log(`${bundles.length} bundles; the largest is ${largest.name} with ${kib(largest.bytes)}`);
}
