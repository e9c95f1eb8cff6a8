import type { Command } from 'commander'
import type { Device } from '../api/people.ts'
import type { PairingView } from '../api/views.ts'
import { addCommand, addGroup, type CommonOptions, homeOf, outputOf } from './command.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { connectNode, type NodeClient } from './node-client.ts'
import { openViews } from './node-views.ts'
import { isAtTerminal, readWords } from './recovery-words.ts'
import { terminalQr } from './terminal-qr.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

type Pairing = NonNullable<PairingView['pairing']>

/** `parley device …`: the devices that are one and the same person. */
export function addDevice(program: Command): void {
  const device = addGroup(program, 'device', 'your devices: list them, take another one in, become one, or revoke one')
  addList(device)
  addAdd(device)
  addConfirm(device)
  addJoin(device)
  addRevoke(device)
}

function addAdd(device: Command): void {
  addCommand(device, {
    usage: 'add',
    summary: 'make a link for another device of yours, and take it in once you have typed the code that it shows',
    examples: ['device add', 'device add --json'],
    json: '{link, expires}, at once; then see: parley device confirm',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const node = await connectNode(homeOf(options))
    const offered = await node.send('offer-pairing', {})
    output.note(
      'Start Parley on the other device, and give it this link within ten minutes, on its page or by: parley device join LINK',
    )
    output.result(offered, () => offered.link + terminalQr(offered.link))
    if (output.json || !isAtTerminal()) return
    const { other } = await untilPairing(node, ['comparing'])
    await typeCode(node, shownLine(other ?? ''))
    await untilPairing(node, ['done'])
    output.note(`${shownLine(other ?? '')} is your device now.`)
  })
}

function addConfirm(device: Command): void {
  addCommand(device, {
    usage: 'confirm <code>',
    summary: 'take in the device that shows this code',
    examples: ['device confirm 123456'],
    json: '{label}: what the device calls itself',
  }).action(async (code: string, options: CommonOptions) => {
    const output = outputOf(options)
    const node = await connectNode(homeOf(options))
    await node.send('confirm-pairing', { code: code.replaceAll(' ', '') })
    const { other } = await untilPairing(node, ['done'])
    output.result({ label: other }, () => `${shownLine(other ?? '')} is your device now.`)
  })
}

interface JoinOptions extends CommonOptions {
  readonly label?: string
}

function addJoin(device: Command): void {
  addCommand(device, {
    usage: 'join <link>',
    summary: 'become another device of whoever made this link, where Parley is new',
    examples: ["device join 'parley:pair/…'", "device join 'parley:pair/…' --label Phone --json"],
    json: '{code} on one line, to be typed on the other device; then {identity, name} on another',
  })
    .option('--label <name>', 'what this device is called among yours (else the name of this computer)')
    .action(async (link: string, options: JoinOptions) => {
      const output = outputOf(options)
      const node = await connectNode(homeOf(options))
      await node.send('join-pairing', { link, ...(options.label === undefined ? {} : { label: options.label }) })
      output.note('Looking for the other device …')
      const { code, other } = await untilPairing(node, ['comparing'])
      output.note(`You would be ${shownLine(other ?? '')} here. Type this on the other device:`)
      output.result({ code }, () => `${code?.slice(0, 3)} ${code?.slice(3)}`)
      await untilPairing(node, ['done'])
      const views = await openViews(node)
      const { identity, name } = await views.read({ type: 'status' })
      views.close()
      output.result({ identity, name }, () => `You are ${shownLine(name ?? '')} here, ${identity}. Your rooms follow.`)
    })
}

const whyNot: Readonly<Record<NonNullable<Pairing['reason']>, string>> = {
  expired: 'The ten minutes are over. Make another link: parley device add',
  cut: 'The other device has gone, or said no. Begin again: parley device add',
  refused: 'The other device did not keep to the protocol, so nothing was given to it. Begin again with a new link.',
}

/** Wait until pairing has come to one of these states, or past it. Throws `Failure` if it ends before. */
async function untilPairing(node: NodeClient, states: readonly Pairing['state'][]): Promise<Pairing> {
  const views = await openViews(node)
  try {
    const reached = new Promise<Pairing>((resolve, reject) => {
      views.watch<'pairing'>({ type: 'pairing' }, ({ pairing }) => {
        if (!pairing) reject(new Failure('cancelled', 'Pairing was stopped.'))
        else if (pairing.state === 'failed') reject(new Failure('pairing-failed', whyNot[pairing.reason ?? 'refused']))
        else if (states.includes(pairing.state)) resolve(pairing)
      })
    })
    return await Promise.race([reached, views.lost])
  } finally {
    views.close()
  }
}

async function typeCode(node: NodeClient, other: string): Promise<void> {
  const { isCancel, text } = await import('@clack/prompts')
  for (;;) {
    const message = `“${other}” is connected. Type the six digits that it shows`
    const typed = await text({ message, output: process.stderr })
    if (isCancel(typed)) {
      await node.send('cancel-pairing', {})
      throw new Failure('cancelled', 'Stopped. No device was taken in.')
    }
    try {
      return void (await node.send('confirm-pairing', { code: typed.replaceAll(' ', '') }))
    } catch (error) {
      if (!(error instanceof Failure) || !['pairing-code-wrong', 'bad-request'].includes(error.code)) throw error
      process.stderr.write(`${error.message}\n`)
    }
  }
}

function addList(device: Command): void {
  addCommand(device, {
    usage: 'list',
    summary: 'list your devices, as far as this one knows of them',
    examples: ['device list', 'device list --json'],
    json: '{devices: [{device, number, label, self, revoked, rooms, lastWrote}]}; lastWrote in Unix ms, or null',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const views = await openViews(await connectNode(homeOf(options)))
    try {
      const { devices } = await views.read({ type: 'devices' })
      output.result({ devices }, () => table(devices.map(rowOf)))
    } finally {
      views.close()
    }
  })
}

interface RevokeOptions extends CommonOptions {
  readonly from?: string
}

function addRevoke(device: Command): void {
  addCommand(device, {
    usage: 'revoke <device>',
    summary: 'let a device that is lost or stolen speak for you no more, in all your rooms',
    examples: ['device revoke 5b1c', 'device revoke 2 --from words.txt'],
    json: '{device, rooms}; rooms: how many know of it now, the others are told when they can be',
  })
    .option(
      '--from <file>',
      'a file with your 24 words, - for stdin: what they say holds, whatever the device says meanwhile',
    )
    .action(async (reference: string, options: RevokeOptions) => {
      const output = outputOf(options)
      const words = options.from === undefined ? {} : { words: (await readWords(options.from)).trim() }
      const node = await connectNode(homeOf(options))
      const views = await openViews(node)
      try {
        const { devices } = await views.read({ type: 'devices' })
        const { device, number } = findDevice(devices, reference)
        const { rooms } = await node.send('revoke-device', { device, ...words })
        output.note(
          'What it wrote before and this device has stays. What it wrote otherwise is hidden from everybody. What it has, it keeps: also the keys of your rooms as they are now. This cannot be undone.',
        )
        output.result({ device, rooms }, () => `Device ${number} is revoked. ${toldText(rooms)}`)
      } finally {
        views.close()
      }
    })
}

/** Which device somebody means, by its number, its key or the start of that. Throws `Failure` if none or several. */
function findDevice(devices: readonly Device[], reference: string): Device {
  const byNumber = devices.find(({ number }) => String(number) === reference)
  if (byNumber) return byNumber
  const [found, ...more] = devices.filter(({ device }) => device.startsWith(reference.toLowerCase()))
  if (reference === '' || !found) {
    const text = `You have no device like “${shownLine(reference)}”. See: parley device list`
    throw new Failure('no-such-device', text, exitCodes.usage)
  }
  if (more.length > 0) throw usage(`“${shownLine(reference)}” could be several devices. Say more of its key.`)
  return found
}

function toldText(rooms: number): string {
  if (rooms === 0) return 'No room of yours needed to be told, or could be: that is done as soon as it can.'
  return rooms === 1 ? 'It was written into one room.' : `It was written into ${rooms} rooms.`
}

function rowOf({ device, number, label, self, revoked, rooms, lastWrote }: Device): string[] {
  return [
    `Device ${number}`,
    shownLine(label ?? ''),
    device.slice(0, 12),
    self ? 'this device' : '',
    revoked ? 'revoked' : '',
    rooms === 1 ? 'in 1 room' : `in ${rooms} rooms`,
    lastWrote === null ? 'wrote nothing that is here' : `last wrote ${shownTime(lastWrote)}`,
  ]
}
