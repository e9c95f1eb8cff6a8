import { join } from 'node:path'
import { decodeCbor, encodeCbor } from '../../protocol/encoding.ts'
import { type Admission, admissionFromCbor, admissionToCbor } from '../../protocol/room/admission.ts'
import { HomeError } from '../home-error.ts'
import { readIfThere, writeDurably } from '../storage/durable-file.ts'

/** Which logs of others belong to which room: without it nobody could tell the logs on disk apart. Holds no secret. */
export interface RoomLogs {
  of(room: string): Promise<Admission[]>
  /** Durable once resolved. */
  add(room: string, admission: Admission): Promise<void>
}

interface RoomLogsFile {
  readonly version: 1
  readonly rooms: Readonly<Record<string, readonly string[]>>
}

const mostAdmissionBytes = 65_536

export async function openRoomLogs(home: string): Promise<RoomLogs> {
  const path = join(home, 'room-logs.json')
  const text = await readIfThere(path)
  let rooms = new Map<string, readonly string[]>(Object.entries(text === null ? {} : parse(text, path).rooms))
  let writing: Promise<void> = Promise.resolve()
  return {
    async of(room) {
      return (rooms.get(room) ?? []).map((hex) =>
        admissionFromCbor(decodeCbor(Buffer.from(hex, 'hex'), { bytes: mostAdmissionBytes })),
      )
    },
    add(room, admission) {
      const write = writing.then(async () => {
        const hex = Buffer.from(encodeCbor(admissionToCbor(admission))).toString('hex')
        const next = new Map(rooms).set(room, [...(rooms.get(room) ?? []), hex])
        const file: RoomLogsFile = { version: 1, rooms: Object.fromEntries(next) }
        await writeDurably(path, `${JSON.stringify(file)}\n`)
        rooms = next
      })
      writing = write.catch(() => {})
      return write
    },
  }
}

function parse(text: string, path: string): RoomLogsFile {
  try {
    const file = JSON.parse(text) as RoomLogsFile
    if (file.version === 1 && typeof file.rooms === 'object') return file
  } catch {
    // Told below, like any other content that is not ours.
  }
  throw new HomeError('home/damaged', `${path} cannot be read. Restore it from a backup, or start with a new home.`)
}
