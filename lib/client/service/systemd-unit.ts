import type { WorkerService } from './worker-service.ts';

/** A usage error, refused credentials and a quarantine do not go away by starting again. */
const FINAL_CODES = '2 3 6';

export function systemdUnit(service: WorkerService): string {
  const command = [service.node, service.program, ...service.args].map(word).join(' ');
  return `[Unit]
Description=Buildlatch worker
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
${service.user === undefined ? '' : `User=${service.user}\n`}ExecStart=${command}
EnvironmentFile=${escaped(service.envFile)}
Environment=${quoted(`PATH=${service.path}`)}
# Told to stop, it finishes its build; whatever is left after that time is killed, and what builds have left behind with it.
# 'systemctl kill' a second time gives the build back at once.
KillMode=mixed
TimeoutStopSec=${service.stopSeconds}
SuccessExitStatus=130
Restart=on-failure
RestartSec=10
RestartPreventExitStatus=${FINAL_CODES}
UMask=0077
NoNewPrivileges=true

[Install]
WantedBy=${service.user === undefined ? 'default.target' : 'multi-user.target'}
`;
}

/** Of a command: a variable is one in quotes, too. */
function word(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** `%` begins a specifier everywhere. */
function escaped(text: string): string {
  if (/[\n\r]/.test(text)) throw new Error('a line end cannot be in a unit');
  return text.replaceAll('%', '%%');
}
