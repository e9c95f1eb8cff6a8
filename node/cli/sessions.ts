import type { Command } from 'commander'
import type { Session } from '../api/commands.ts'
import { addCommand, type CommonOptions, homeOf, outputOf } from './command.ts'
import { connectNode } from './node-client.ts'
import { shownLine, shownTime, table } from './terminal-text.ts'

/** `parley sessions`: the browsers that were let in. */
export function addSessions(program: Command): void {
  const sessions = addCommand(program, {
    usage: 'sessions',
    summary: 'list the browsers that were let in, or shut one out',
    examples: ['sessions', 'sessions revoke ID'],
    json: '{sessions: [{id, browser, created, lastSeen}]}',
  }).action(async (options: CommonOptions) => {
    const output = outputOf(options)
    const node = await connectNode(homeOf(options))
    const list = await node.send('list-sessions', {})
    if (list.sessions.length === 0) output.note('No browser has been let in. Let one in with: parley open')
    output.result(list, () => table(list.sessions.map(rowOf)))
  })

  addCommand(sessions, {
    usage: 'revoke <id>',
    summary: 'shut a browser out',
    examples: ['sessions revoke ID'],
    json: '{}',
  }).action(async (session: string, _options: CommonOptions, command: Command) => {
    const options = command.optsWithGlobals<CommonOptions>()
    const node = await connectNode(homeOf(options))
    outputOf(options).result(await node.send('revoke-session', { session }), () => 'That browser is shut out.')
  })
}

function rowOf({ id, browser, created, lastSeen }: Session): string[] {
  return [id, shownLine(browser), `let in ${shownTime(created)}`, `last seen ${shownTime(lastSeen)}`]
}
