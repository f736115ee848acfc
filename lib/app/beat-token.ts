import type { Secrets } from './ports.ts';

/**
 * The token that is good for signs of life alone. Made from the hash of the virtual machine's own token, which nobody is
 * told: so it can be given again though only its hash is stored, and leads back to nothing.
 */
export const beatTokenOf = (secrets: Secrets, vmTokenHash: string) => secrets.idFrom(`beat ${vmTokenHash}`);
