import { isIP } from 'node:net'

/** Where a bridge listens and under which names it may be spoken to. */
export interface Address {
  /** The page's origin, the only one that may change anything. */
  readonly origin: string
  /** `Host` of the page. */
  readonly pageHost: string
  /** Every `Host` that is answered; those other than `pageHost` are led from the page to `pageHost`. */
  readonly hosts: ReadonlySet<string>
  /** Origin of the events socket. */
  readonly socketOrigin: string
  /** Cookies are shared between all ports of a host, so the name carries the port. */
  readonly cookieName: string
  readonly secure: boolean
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '::1'])

/** Where to listen: the addresses to take together on one port. Throws for a network address without `allowHost`. */
export function listenHosts(host: string | undefined, allowHost: string | undefined): readonly string[] {
  if (host === undefined || loopbackNames.has(host)) return ['127.0.0.1', '::1']
  if (!isIP(host)) throw new Error(`"${host}" is not an IP address to listen on.`)
  if (allowHost === undefined) {
    throw new Error(
      `Parley does not listen on ${host}. Over plain http from another computer a page is no secure context: browsers give ` +
        'it no camera, no microphone and no protected cookies, and everybody on the way reads along. Use it on this computer, ' +
        'or put an https reverse proxy in front and name it with allowHost, for example chat.example.org.',
    )
  }
  return [host]
}

/** The names of a bridge on this port. Behind a reverse proxy, `allowHost` is the only one, and it is https. */
export function addressOf(port: number, allowHost: string | undefined): Address {
  const page = new URL(allowHost === undefined ? `http://localhost:${port}` : `https://${checkedHost(allowHost)}`)
  const names = allowHost === undefined ? ['localhost', '127.0.0.1', '[::1]'] : []
  return {
    origin: page.origin,
    pageHost: page.host,
    hosts: new Set([page.host, ...names.map((name) => new URL(`http://${name}:${port}`).host)]),
    socketOrigin: page.origin.replace(/^http/, 'ws'),
    cookieName: `parley_${port}`,
    secure: allowHost !== undefined,
  }
}

function checkedHost(host: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?$/.test(host)) return host
  throw new Error(`"${host}" is not a host name such as chat.example.org.`)
}
