/** The tests of test/rot with every change of every byte, at every moment. */
import { describe, it } from 'vitest'
import { everyPattern, rot } from '../rot/bit-rot.ts'
import { rotForged } from '../rot/forged-rot.ts'
import { makeSpecimens } from '../rot/specimens.ts'

const specimens = await makeSpecimens()

describe.each(specimens)('$name', (specimen) => {
  it('every bit, and every cut', async () => {
    console.log(JSON.stringify(await rot(specimen, { patterns: everyPattern })))
  })

  it('every byte replaced under its checksum', async () => {
    console.log(JSON.stringify(await rotForged(specimen, [0, 1, 0x7f, 0x80, 0xff], 1)))
  })
})
