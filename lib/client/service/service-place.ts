import { join } from 'node:path';
import { launchdPlist, LAUNCHD_LABEL } from './launchd-plist.ts';
import { systemdUnit } from './systemd-unit.ts';
import type { WorkerService } from './worker-service.ts';

export interface ServicePlace {
  readonly definition: string;
  readonly envFile: string;
  readonly logFile: string;
  readonly write: (service: WorkerService) => string;
  /** What to type, for it to run and to be gone. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
}

const UNIT = 'buildlatch-worker.service';

/** Where this system looks for services. Nothing: it has a service manager that is not known here. */
export function servicePlace(platform: NodeJS.Platform, home: string, isForMachine: boolean): ServicePlace | undefined {
  if (platform === 'darwin') {
    const definition = join(home, 'Library/LaunchAgents', `${LAUNCHD_LABEL}.plist`);
    return {
      definition,
      envFile: join(home, 'Library/Application Support/buildlatch/worker.env'),
      logFile: join(home, 'Library/Logs/buildlatch-worker.log'),
      write: launchdPlist,
      start: [`launchctl bootstrap gui/$(id -u) '${definition}'`],
      stop: [`launchctl bootout gui/$(id -u)/${LAUNCHD_LABEL}`],
    };
  }
  if (platform !== 'linux') return undefined;
  const control = isForMachine ? 'systemctl' : 'systemctl --user';
  return {
    definition: isForMachine ? join('/etc/systemd/system', UNIT) : join(home, '.config/systemd/user', UNIT),
    envFile: isForMachine ? '/etc/buildlatch/worker.env' : join(home, '.config/buildlatch/worker.env'),
    // Its journal has it.
    logFile: '/dev/null',
    write: systemdUnit,
    start: [
      `${control} daemon-reload`,
      `${control} enable --now ${UNIT}`,
      // Without it the worker would end with its user's last session.
      ...(isForMachine ? [] : ['loginctl enable-linger']),
    ],
    stop: [`${control} disable --now ${UNIT}`],
  };
}
