import { Command, CommanderError } from 'commander'
import { version } from '../config.ts'
import { addAnchor } from './anchor.ts'
import { addCheckpoint } from './checkpoint.ts'
import { addDemo } from './demo.ts'
import { addDevice } from './device.ts'
import { addDht } from './dht.ts'
import { addExcerpt } from './excerpt.ts'
import { addExport } from './export.ts'
import { failureFrom } from './failure.ts'
import { addIdentity } from './identity.ts'
import { addInvite } from './invite.ts'
import { addMember } from './member.ts'
import { addOpen } from './open.ts'
import { endWithReader, makeOutput } from './output.ts'
import { addPassphrase } from './passphrase.ts'
import { addPerson } from './person.ts'
import { addRead } from './read.ts'
import { addRoom } from './room.ts'
import { addSend } from './send.ts'
import { addSessions } from './sessions.ts'
import { addStart } from './start.ts'
import { addStatus } from './status.ts'
import { addVerifier } from './verifier.ts'
import { addVerify } from './verify.ts'

const environmentText = `
ROOM is a room's id, the start of it, or its name; so is PERSON an identity's, and INVITE the start of a link's id.
DEVICE is a device's number, or the start of its key.

Environment:
  PARLEY_HOME             the folder of the node
  PARLEY_PORT             the port of its page
  PARLEY_BOOTSTRAP        the DHT nodes to start from, host:port,host:port
  PARLEY_LOG_LEVEL        fatal, error, warn (default), info, debug, trace, silent
  PARLEY_PASSPHRASE_FILE  a file with the passphrase of the keys

Exit codes: 0 ok, 1 a check failed, 2 wrong usage, 3 cannot read, write or connect`

/** Run one command line. Reports what goes wrong and sets the exit code; never throws. */
export async function runProgram(words: readonly string[]): Promise<void> {
  endWithReader()
  try {
    await makeProgram().parseAsync(words, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const failure = failureFrom(error)
    process.exitCode = failure.exitCode
    // A group without its command has shown its help instead.
    if (error instanceof CommanderError && error.code === 'commander.help') return
    makeOutput(words.includes('--json')).failure(failure)
  }
}

/** Every command there is. */
export function makeProgram(): Command {
  const program = new Command('parley')
    .description('Private peer-to-peer chat and video calls with a history that anyone can verify.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .exitOverride()
    // Errors are reported by `runProgram`, in the form that was asked for.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', environmentText)

  program.commandsGroup('Run:')
  addStart(program)
  addOpen(program)
  addStatus(program)
  addDemo(program)
  addDht(program)
  program.commandsGroup('Talk:')
  addRoom(program)
  addInvite(program)
  addMember(program)
  addSend(program)
  addRead(program)
  addPerson(program)
  program.commandsGroup('Proofs:')
  addCheckpoint(program)
  addAnchor(program)
  addExport(program)
  addExcerpt(program)
  addVerify(program)
  addVerifier(program)
  program.commandsGroup('Keys and browsers:')
  addIdentity(program)
  addDevice(program)
  addSessions(program)
  addPassphrase(program)
  return program
}
