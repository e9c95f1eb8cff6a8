const pendingKey = 'parley.pending-link'
const pendingFor = 24 * 60 * 60_000

/** The code in a pasted link: after `join/`, in whatever form the link came. A bare code is taken as it is. */
export function codeOfLink(pasted: string): string {
  const link = pasted.trim()
  const code = link.includes('join/') ? link.slice(link.lastIndexOf('join/') + 'join/'.length) : link
  return code.split(/[\s?#&]/, 1)[0] ?? ''
}

/** The short form of a link, without the address of anybody's page. */
export function linkOfCode(code: string): string {
  return `parley:join/${code}`
}

/** Keep a link that was opened before this browser was let in. It holds a room's secret, so not for long. */
export function keepPendingLink(code: string, now: number, storage: Storage = localStorage): void {
  storage.setItem(pendingKey, JSON.stringify({ code, until: now + pendingFor }))
}

/** Take the kept link, if there is one that is not too old. It is forgotten by that. */
export function takePendingLink(now: number, storage: Storage = localStorage): string | null {
  const kept = storage.getItem(pendingKey)
  storage.removeItem(pendingKey)
  if (!kept) return null
  try {
    const { code, until } = JSON.parse(kept) as { code?: unknown; until?: unknown }
    return typeof code === 'string' && typeof until === 'number' && now < until ? code : null
  } catch {
    return null
  }
}
