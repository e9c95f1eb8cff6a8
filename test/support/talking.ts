import { hearSound, motifs, pictureFaults, soundFaults, watchPicture } from './browser-picture.ts'
import type { Person } from './people.ts'
import { until } from './until.ts'

/** Ada calls, Ben accepts, and both are in it. */
export async function talk(ada: Person, ben: Person): Promise<void> {
  await ada.page.getByTestId('call-button').click()
  await ben.page.getByTestId('accept-call').click()
  await untilWell(ada, ben)
}

/** Both read that it is secure, see the other move, and hear their tone. */
export async function untilWell(ada: Person, ben: Person): Promise<void> {
  for (const [{ page }, own, other] of [
    [ada, motifs.ada, motifs.ben],
    [ben, motifs.ben, motifs.ada],
  ] as const) {
    await page.getByTestId('call-state').getByText('secure').waitFor()
    await until(async () => {
      const faults = [
        ...pictureFaults(await watchPicture(page, 'remote-video'), { own, other }),
        ...soundFaults(await hearSound(page, 'remote-video'), { own, other }),
      ]
      if (faults.length > 0) throw new Error(faults.join(', '))
      return true
    }, 'the picture and the sound')
  }
}

export const untilReconnecting = ({ page }: Person) =>
  page.getByTestId('call-state').getByText('reconnecting').waitFor()
