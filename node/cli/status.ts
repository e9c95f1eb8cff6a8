import type { Command } from 'commander'
import type { StatusView } from '../api/views.ts'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { connectNode } from './node-client.ts'
import { openViews } from './node-views.ts'
import { revokedText } from './standing-text.ts'
import { shownLine, table } from './terminal-text.ts'

/** `parley status`: how the node is. */
export function addStatus(program: Command): void {
  addCommand(program, {
    usage: 'status',
    summary: 'say how the running node is: name, page, network, disk',
    examples: ['status', 'status --json'],
    json: '{version, url, name, identity, device, revoked, network, peers, storage, refused}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const node = await connectNode(homeOf(options))
    const views = await openViews(node)
    try {
      const status = await views.read({ type: 'status' })
      if (status.revoked) output.note(revokedText)
      const { url } = node.run
      output.result({ ...status, url }, () => statusLines(status, url))
    } finally {
      views.close()
    }
  })
}

const networkWords = {
  starting: 'starting',
  searching: 'online, nobody reached yet',
  online: 'online',
  offline: 'offline',
} as const satisfies Record<StatusView['network'], string>

const storageWords = {
  ok: 'ok',
  full: 'the disk is full: free some space',
  failing: 'the disk cannot be written',
} as const satisfies Record<StatusView['storage'], string>

function statusLines({ name, identity, network, peers, storage, refused, version }: StatusView, url: string): string {
  return table([
    ['Name', name === null ? '(not chosen yet)' : shownLine(name)],
    ['Identity', identity],
    ['Page', url],
    ['Network', `${networkWords[network]}, ${peers} ${peers === 1 ? 'node' : 'nodes'} connected`],
    ['Disk', storageWords[storage]],
    ['Version', version],
    ...refused.map(
      ({ reason, times }) => ['Refused', `${reason}, ${times} ${times === 1 ? 'time' : 'times'}`] as const,
    ),
  ])
}
