import { type Command, Option } from 'commander'
import type { AnchorsView } from '../api/anchors.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { usage } from './failure.ts'
import { inRoom } from './in-room.ts'
import { connectNode, type NodeClient } from './node-client.ts'
import { openViews } from './node-views.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

/** `parley anchor …`: what was signed here, on public chains. */
export function addAnchor(program: Command): void {
  const anchor = addGroup(
    program,
    'anchor',
    'bring what was signed here to public chains, so that nobody can backdate it',
  )
  addNow(anchor)
  addList(anchor)
  addStatus(anchor)
  addUpgrade(anchor)
  addChain(anchor)
  addChains(anchor)
  addForget(anchor)
}

const anchorJson =
  '{chains: [{name, kind, address, depth}], anchors: [{id, chain, state, reason, depth, made, rooms: [{room, name, size}]}]}'

function addNow(anchor: Command): void {
  addCommand(anchor, {
    usage: 'now',
    summary: 'sign what is new in every room, and bring it to every chain that is set up',
    examples: ['anchor now'],
    json: anchorJson,
  }).action((options: CommonOptions) => actAndTell(options, (node) => node.send('anchor-now', {})))
}

function addList(anchor: Command): void {
  addCommand(anchor, {
    usage: 'list',
    summary: 'list what is on a chain, or on its way to one',
    examples: ['anchor list', 'anchor list --json'],
    json: anchorJson,
  }).action((options: CommonOptions) => actAndTell(options, async () => {}))
}

function addUpgrade(anchor: Command): void {
  addCommand(anchor, {
    usage: 'upgrade',
    summary: 'look now how far all has come that is on its way; the node does it every minute',
    examples: ['anchor upgrade'],
    json: anchorJson,
  }).action((options: CommonOptions) => actAndTell(options, (node) => node.send('advance-anchors', {})))
}

function addStatus(anchor: Command): void {
  addCommand(anchor, {
    usage: 'status <room>',
    summary: 'say how well the newest checkpoint of a room is kept: signed, witnessed, anchored',
    examples: ['anchor status "Book club"'],
    json: '{checkpoint: {size, time, witnesses: [{identity, name, time}], anchors: [{chain, state, reason, depth}], of} or null}',
  }).action(async (reference: string, options: CommonOptions) => {
    const output = outputOf(options)
    await inRoom(options, reference, async ({ checkpoint }) => {
      output.result({ checkpoint }, () => {
        if (!checkpoint) return 'Nothing is signed yet. Sign it: parley checkpoint, or parley anchor now'
        const { size, time, witnesses, of, anchors } = checkpoint
        const on = anchors.map(({ chain, ...progress }) => `${chain}: ${progressText(progress)}`)
        const lines = [
          `Signed ${shownTime(time)}: ${size} heads of logs.`,
          `Witnessed by ${witnesses.length} of ${of}.`,
          on.length === 0 ? 'Not anchored.' : on.join('\n'),
        ]
        return lines.join('\n')
      })
    })
  })
}

interface ChainOptions extends CommonOptions {
  readonly kind: AnchorsView['chains'][number]['kind']
  readonly name?: string
  readonly depth?: string
}

function addChain(anchor: Command): void {
  addCommand(anchor, {
    usage: 'chain <url>',
    summary: 'set up a chain, by your own node of it and the wallet there that pays the fees',
    examples: [
      'anchor chain http://user:password@127.0.0.1:8332/wallet/anchors',
      'anchor chain http://user:password@127.0.0.1:9332/ --kind litecoin --depth 12',
    ],
    json: anchorJson,
  })
    .addOption(new Option('--kind <kind>', 'which chain it is').choices(['bitcoin', 'litecoin']).default('bitcoin'))
    .option('--name <name>', 'how to call it: small letters, digits and - (else its kind)')
    .option('--depth <blocks>', 'so many blocks make one final (else 6)')
    .action(async (url: string, { kind, name = kind, ...options }: ChainOptions) => {
      const depth = options.depth === undefined ? {} : { depth: parseDepth(options.depth) }
      await actAndTell(options, (node) => node.send('set-chain', { name, kind, url, ...depth }))
    })
}

function addChains(anchor: Command): void {
  addCommand(anchor, {
    usage: 'chains',
    summary: 'list the chains that are set up',
    examples: ['anchor chains'],
    json: '{chains: [{name, kind, address, depth}]}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const { chains } = await read(options)
    if (chains.length === 0)
      output.note('No chain is set up. What is signed is witnessed by the members of its room, and by nobody else.')
    output.result({ chains }, () =>
      table(chains.map(({ name, kind, address, depth }) => [name, kind, address, `final after ${depth} blocks`])),
    )
  })
}

function addForget(anchor: Command): void {
  addCommand(anchor, {
    usage: 'forget <chain>',
    summary: 'anchor on this chain no more; what is on it stays there',
    examples: ['anchor forget litecoin'],
    json: anchorJson,
  }).action((name: string, options: CommonOptions) =>
    actAndTell(options, (node) => node.send('remove-chain', { name })),
  )
}

function parseDepth(text: string): number {
  const depth = Number(text)
  if (!Number.isInteger(depth) || depth < 1 || depth > 1_000) throw usage('--depth is a number from 1 to 1000.')
  return depth
}

async function actAndTell(options: CommonOptions, act: (node: NodeClient) => Promise<unknown>): Promise<void> {
  const output = outputOf(options)
  const view = await read(options, act)
  if (view.chains.length === 0) output.note('No chain is set up: parley anchor chain --help')
  if (view.anchors.length === 0) output.note('Nothing is on a chain, or on its way to one.')
  output.result(view, () => table(view.anchors.map(rowOf)))
}

async function read(options: CommonOptions, act: (node: NodeClient) => Promise<unknown> = async () => {}) {
  const node = await connectNode(homeOf(options))
  const views = await openViews(node)
  try {
    await act(node)
    return await views.read({ type: 'anchors' })
  } finally {
    views.close()
  }
}

function rowOf({ chain, made, rooms, ...progress }: AnchorsView['anchors'][number]): string[] {
  const names = rooms.map(({ name }) => shownLine(name)).join(', ')
  return [shownTime(made), chain, progressText(progress), names]
}

function progressText({
  state,
  reason,
  depth,
}: Pick<AnchorsView['anchors'][number], 'state' | 'reason' | 'depth'>): string {
  const blocks = state === 'confirmed' ? `, ${depth} ${depth === 1 ? 'block' : 'blocks'}` : ''
  return `${state}${blocks}${reason ? ` (${shownLine(reason)})` : ''}`
}
