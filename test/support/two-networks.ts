import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** How a link is: milliseconds on the way, and the part that gets lost, each way. */
export interface LinkQuality {
  readonly delay: number
  readonly loss: number
}

/** A network with one computer in it, whose only way out is the link. */
export interface Network {
  /** The words that run a program inside. */
  readonly inside: readonly string[]
  /** Its address on the link. */
  readonly address: string
  /** Take its address on the link away, or give it another one. */
  move(address: string | null): void
}

/** Two networks joined by a link that a program carries: there is no other way between them. */
export interface TwoNetworks {
  readonly networks: readonly [Network, Network]
  setLink(quality: LinkQuality): void
  close(): void
}

const carrier = fileURLToPath(new URL('lossy-link.py', import.meta.url))
const python = '/usr/bin/python3'

/** Whether this computer lets us make networks. */
export function canMakeNetworks(): boolean {
  return process.platform === 'linux' && spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0
}

export async function openTwoNetworks(quality: LinkQuality): Promise<TwoNetworks> {
  const holders: ChildProcess[] = []
  const close = () => {
    for (const holder of holders) holder.kill('SIGKILL')
  }
  process.once('exit', close)
  const hold = async () => {
    // A network is there as long as a program is in it.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo made && exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    holders.push(holder)
    await once(createInterface(holder.stdout!), 'line')
    return holder.pid!
  }
  const [between, ...ends] = [await hold(), await hold(), await hold()]
  const networks = ends.map((pid, i) => joinNetwork(between, pid, i + 1))
  const link = spawn(enter(between)[0]!, [...enter(between).slice(1), python, carrier, 'near1', 'near2'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  holders.unshift(link)
  await once(createInterface(link.stdout!), 'line')
  const setLink = ({ delay, loss }: LinkQuality) => link.stdin!.write(`${delay} ${loss}\n`)
  setLink(quality)
  return { networks: [networks[0]!, networks[1]!], setLink, close }
}

const enter = (pid: number) => ['nsenter', '--target', String(pid), '--net']

function joinNetwork(between: number, pid: number, number: number): Network {
  const ip = (where: number, ...words: string[]) =>
    execFileSync(enter(where)[0]!, [...enter(where).slice(1), 'ip', ...words])
  const device = `far${number}`
  ip(between, 'link', 'add', `near${number}`, 'type', 'veth', 'peer', 'name', device, 'netns', String(pid))
  ip(between, 'link', 'set', `near${number}`, 'up')
  ip(pid, 'link', 'set', device, 'up')
  const address = `198.51.100.${number}`
  ip(pid, 'address', 'add', `${address}/24`, 'dev', device)
  return {
    inside: enter(pid),
    address,
    move(to) {
      ip(pid, 'address', 'flush', 'dev', device)
      if (to) ip(pid, 'address', 'add', `${to}/24`, 'dev', device)
    },
  }
}
