import { t } from './t.ts'

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const longDayWithYear = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})
const ago = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** 10:02 */
export function clockTime(time: number): string {
  return clock.format(time)
}

/** 4 Nov 2025, 10:02 */
export function fullTime(time: number): string {
  return full.format(time)
}

/** The clock today, the day before that. */
export function briefTime(time: number, now: number): string {
  return sameDay(time, now) ? clock.format(time) : shortDay.format(time)
}

/** Just now, 5 minutes ago, 3 hours ago, yesterday; the date from a month on. */
export function agoTime(time: number, now: number): string {
  const minutes = Math.floor((now - time) / 60_000)
  if (minutes < 1) return t('time.justNow')
  if (minutes < 60) return ago.format(-minutes, 'minute')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return ago.format(-hours, 'hour')
  const days = Math.floor(hours / 24)
  return days < 31 ? ago.format(-days, 'day') : fullTime(time)
}

/** Today, Yesterday, Tuesday 4 November. */
export function dayName(time: number, now: number): string {
  if (sameDay(time, now)) return t('timeline.today')
  const yesterday = new Date(now)
  yesterday.setDate(yesterday.getDate() - 1)
  if (sameDay(time, yesterday.getTime())) return t('timeline.yesterday')
  return (new Date(time).getFullYear() === new Date(now).getFullYear() ? longDay : longDayWithYear).format(time)
}

/** Whether two moments fall on one day here. */
export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString()
}

/** 12:31 or 1:02:31 */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'))
  const hours = Math.floor(seconds / 3600)
  return hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':')
}
