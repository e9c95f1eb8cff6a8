import { join } from 'node:path'
import type { Logger } from 'pino'
import { decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { type Admission, admissionFromCbor, admissionToCbor } from '../../protocol/room/admission.ts'
import { readIfThere, writeDurably } from '../storage/durable-file.ts'

/** Which logs of others belong to which room: without it each log on disk would have to be tried. Holds no secret. */
export interface RoomLogs {
  /** Null where this is not known: then the logs on disk tell. */
  of(room: string): readonly Admission[] | null
  /** Durable once resolved. */
  set(room: string, admissions: readonly Admission[]): Promise<void>
}

interface RoomLogsFile {
  readonly version: 1
  readonly rooms: Readonly<Record<string, readonly string[]>>
}

const mostAdmissionBytes = 65_536

/** What cannot be read of it is not known. */
export async function openRoomLogs(home: string, log: Logger): Promise<RoomLogs> {
  const path = join(home, 'room-logs.json')
  const text = await readIfThere(path)
  let rooms = new Map<string, readonly Admission[]>()
  try {
    if (text !== null) rooms = parse(text)
  } catch (error) {
    log.warn({ err: error }, 'which log is of which room cannot be read, and is found again')
  }
  let writing: Promise<void> = Promise.resolve()
  return {
    of: (room) => rooms.get(room) ?? null,
    set(room, admissions) {
      const write = writing.then(async () => {
        const next = new Map(rooms).set(room, admissions)
        await writeDurably(path, `${JSON.stringify(fileOf(next))}\n`)
        rooms = next
      })
      writing = write.catch(() => {})
      return write
    },
  }
}

function fileOf(rooms: ReadonlyMap<string, readonly Admission[]>): RoomLogsFile {
  const hexOf = (admission: Admission) => Buffer.from(encodeCbor(admissionToCbor(admission))).toString('hex')
  return { version: 1, rooms: Object.fromEntries([...rooms].map(([room, list]) => [room, list.map(hexOf)])) }
}

/** Throws unless all of it makes sense. */
function parse(text: string): Map<string, readonly Admission[]> {
  const { version, rooms } = JSON.parse(text) as RoomLogsFile
  if (version !== 1) throw new Error(`version ${version}`)
  const admissionOf = (hex: string) =>
    admissionFromCbor(decodeCbor(Buffer.from(hex, 'hex'), { bytes: mostAdmissionBytes }))
  return new Map(Object.entries(rooms).map(([room, list]) => [room, list.map(admissionOf)]))
}
