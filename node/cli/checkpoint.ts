import type { Command } from 'commander'
import type { CheckpointView } from '../api/checkpoints.ts'
import { addCommand, type CommonOptions, outputOf } from './command.ts'
import { Failure } from './failure.ts'
import { inRoom } from './in-room.ts'
import { shownLine } from './terminal-text.ts'

/** `parley checkpoint`: sign what this device has seen, and have it witnessed. */
export function addCheckpoint(program: Command): void {
  addCommand(program, {
    usage: 'checkpoint <room>',
    summary: 'sign what this device has seen in a room, and have it witnessed by whoever is connected',
    examples: ['checkpoint "Book club"'],
    json: '{size, time, witnesses: [{identity, name, time}], anchors: [{chain, state, reason, depth}], of}',
  }).action(async (reference: string, options: CommonOptions) => {
    const output = outputOf(options)
    await inRoom(options, reference, async ({ id: room }, node) => {
      const { checkpoint } = await node.send('make-checkpoint', { room })
      if (!checkpoint)
        throw new Failure(
          'log-unsettled',
          'It is not known yet how the own log ends: others are asked. Try again in a moment.',
        )
      output.result(checkpoint, () => textOf(checkpoint))
    })
  })
}

function textOf({ size, witnesses, of }: CheckpointView): string {
  const signed = `Signed: ${size} heads of logs, as this device has seen them.`
  if (of === 0) return `${signed}\nNobody else is in the room who could witness it.`
  const names = witnesses.map(({ name, time }) => `${shownLine(name)} (${new Date(time).toLocaleString()})`)
  return `${signed}\nWitnessed by ${witnesses.length} of ${of}${names.length > 0 ? `: ${names.join(', ')}` : ''}.`
}
