import type { Job } from '../answers.ts';

/** What tools need to find themselves, their caches and the network. Everything else of the worker's environment is its own. */
const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'TZ', 'LANG', 'LANGUAGE', 'LC_*'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['JAVA_HOME', 'ANDROID_HOME', 'ANDROID_SDK_ROOT', 'ANDROID_NDK_HOME', 'GRADLE_USER_HOME', 'DEVELOPER_DIR'],
];

/** The controller's key opens every build of the project: no build may see it, nor any other setting of the worker. */
const NEVER = /^BUILDLATCH_|^CONTROLLER_API_KEY$/;

export const PASS_NAME = /^[A-Za-z_*][A-Za-z0-9_*]*$/;

export interface BuildPlace {
  /** For temporary files, which go with the build. */
  readonly temporary: string;
  readonly signing?: Readonly<Record<string, string>> | undefined;
}

/** @param passed names besides the usual ones; `*` stands for any characters. */
export function buildEnvironment(
  inherited: NodeJS.ProcessEnv,
  passed: readonly string[],
  job: Job,
  { temporary, signing = {} }: BuildPlace,
): NodeJS.ProcessEnv {
  const isPassed = matcher([...PASSED, ...passed]);
  const kept = Object.entries(inherited).filter(([name]) => isPassed.test(name) && !NEVER.test(name));
  return {
    ...Object.fromEntries(kept),
    TMPDIR: temporary,
    CI: '1',
    BUILDLATCH_BUILD_ID: job.id,
    BUILDLATCH_ATTEMPT: String(job.attempt),
    BUILDLATCH_PLATFORM: job.platform,
    ...signing,
  };
}

function matcher(names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.map((name) => name.replaceAll('*', '.*')).join('|')})$`);
}
