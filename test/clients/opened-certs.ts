import * as z from 'zod/mini';
import { ClientGaveUp } from './wire.ts';

const KEYS = ['p12', 'p12Password', 'keychainPassword', 'provisioningProfiles'] as const;
const Opened = z.object({
  p12: z.string(),
  p12Password: z.string(),
  keychainPassword: z.string(),
  provisioningProfiles: z.array(z.string()),
});

/** As `jq -e` tests it in the virtual machine: a key that is absent, null or false ends the build; an empty text does not. */
export function openCerts(text: string): z.output<typeof Opened> {
  const found = JSON.parse(text);
  for (const key of KEYS) {
    if (found[key] === undefined || found[key] === null || found[key] === false) throw new ClientGaveUp(`no ${key}`);
  }
  return Opened.parse(found);
}
