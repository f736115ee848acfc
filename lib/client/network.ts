import { type Dispatcher, EnvHttpProxyAgent, setGlobalDispatcher } from 'undici';

/** A proxy that cannot be used; the message does not show its address, which may hold a password. */
export class UnusableProxy extends Error {
  override name = 'UnusableProxy';
}

let network: Dispatcher | undefined;

/** What uploads go through; `fetch` has its own, until `useProxies`. */
export function networkInUse(): Dispatcher {
  network ??= dispatcher({ httpProxy: '', httpsProxy: '', noProxy: '' });
  return network;
}

/** From now on everything in this process goes by the proxies that the environment names; without any, as before. */
export function useProxies(env: NodeJS.ProcessEnv): void {
  const httpProxy = address('HTTP_PROXY', env['http_proxy'] || env['HTTP_PROXY']);
  const httpsProxy = address('HTTPS_PROXY', env['https_proxy'] || env['HTTPS_PROXY']);
  if (httpProxy === '' && httpsProxy === '') return;
  network = dispatcher({ httpProxy, httpsProxy, noProxy: env['no_proxy'] || env['NO_PROXY'] || '' });
  setGlobalDispatcher(network);
}

function dispatcher(proxies: EnvHttpProxyAgent.Options): Dispatcher {
  // Proxies of companies often let CONNECT through to port 443 only; what is not encrypted is passed on as it is.
  return new EnvHttpProxyAgent({ ...proxies, proxyTunnel: false });
}

function address(name: string, value = ''): string {
  if (value === '') return '';
  const url = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(url)) throw new UnusableProxy(`${name} is not an address`);
  if (!/^https?:$/.test(new URL(url).protocol)) throw new UnusableProxy(`${name} must be http or https`);
  return url;
}
