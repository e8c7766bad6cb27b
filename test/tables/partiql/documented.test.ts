/** The examples of DynamoDB's developer guide, with what it says about them. */
import { expect, onTestFinished, test } from 'vitest'
import { Tables } from '../../../lib/tables/tables.ts'

async function openGuide() {
  const tables = await Tables.open(':memory:')
  onTestFinished(() => tables.close())
  await tables.create({
    name: 'Music',
    partitionKey: { name: 'Artist', type: 'S' },
    sortKey: { name: 'SongTitle', type: 'S' },
  })
  await tables.create({ name: 'Orders', partitionKey: { name: 'OrderID', type: 'N' } })
  await tables.create({
    name: 'WatchList',
    partitionKey: { name: 'CustomerId', type: 'S' },
    sortKey: { name: 'MovieId', type: 'S' },
  })
  const song = () => tables.table('Music').get({ Artist: 'Acme Band', SongTitle: 'PartiQL Rocks' })
  return { tables, song }
}

test('data types', async () => {
  const { tables } = await openGuide()
  const run = (statement: string) => tables.execute(statement)
  await run(`INSERT INTO "Orders" value {'OrderID':1, 'NumberType':1, 'MapType' : {'entryname1': 'value', 'entryname2': 4},
    'ListType': [1,'stringval'], 'NumberSetType':<<1,34,32,4.5>>, 'StringSetType':<<'stringval','stringval2'>>}`)
  await run(`UPDATE "Orders" SET NumberType=NumberType + 100 SET MapType.NewMapEntry=[2020, 'stringvalue', 2.4]
    SET ListType = LIST_APPEND(ListType, [4, <<'string1', 'string2'>>]) SET NumberSetType= SET_ADD(NumberSetType, <<345, 48.4>>)
    SET StringSetType = SET_ADD(StringSetType, <<'stringsetvalue1', 'stringsetvalue2'>>) WHERE OrderID=1`)
  await run(`UPDATE "Orders" SET NumberType=NumberType - 1 REMOVE ListType[1] REMOVE MapType.NewMapEntry
    SET NumberSetType = SET_DELETE( NumberSetType, <<345>>) SET StringSetType = SET_DELETE( StringSetType, <<'stringsetvalue1'>>) WHERE OrderID=1`)
  expect(await tables.table('Orders').get({ OrderID: 1 })).toEqual({
    OrderID: 1,
    NumberType: 100,
    MapType: { entryname1: 'value', entryname2: 4 },
    ListType: [1, 4, new Set(['string1', 'string2'])],
    NumberSetType: new Set([1, 34, 32, 4.5, 48.4]),
    StringSetType: new Set(['stringval', 'stringval2', 'stringsetvalue2']),
  })
})

test('SELECT', async () => {
  const { tables } = await openGuide()
  for (const OrderID of [1, 2, 3, 100]) {
    await tables
      .table('Orders')
      .put({ OrderID, Total: OrderID * 100, Address: 'some address', Duedate: `2020-0${(OrderID % 9) + 1}` })
  }
  await tables.table('WatchList').put({
    CustomerId: 'C1',
    MovieId: 'M1',
    Devices: { FireStick: { DateWatched: ['12/25/19', '12/26/19'], MinutesWatched: 3 } },
  })
  const find = async (statement: string) => (await tables.execute(statement)).items
  const orders = async (rest: string) =>
    (await find(`SELECT OrderID FROM "Orders" ${rest}`)).map(({ OrderID }) => OrderID)
  expect(
    await find('SELECT OrderID, Total FROM "Orders" WHERE OrderID IN [1, 2, 3] ORDER BY OrderID DESC'),
  ).toEqual([3, 2, 1].map((OrderID) => ({ OrderID, Total: OrderID * 100 })))
  expect(await orders("WHERE OrderID = 100 AND Address='some address'")).toEqual([100])
  expect(await orders('WHERE OrderID = 100 OR OrderID = 2')).toEqual([100, 2])
  expect((await tables.explain('SELECT * FROM Orders WHERE OrderID = 100 or OrderID = 200')).operation).toBe(
    'get',
  )
  expect((await tables.explain('SELECT * FROM Orders WHERE OrderID > 1')).operation).toBe('scan')
  expect(
    (await tables.explain("SELECT * FROM Orders WHERE OrderID = 100 OR Address='some address'")).operation,
  ).toBe('scan')
  expect(
    await find(
      "SELECT Devices.FireStick.DateWatched[0] FROM WatchList WHERE CustomerId= 'C1' AND MovieId= 'M1'",
    ),
  ).toEqual([{ 'DateWatched[0]': '12/25/19' }])
  expect(
    await find("SELECT Devices FROM WatchList WHERE Devices.FireStick.DateWatched[0] >= '12/24/19'"),
  ).toHaveLength(1)
  expect(await orders('WHERE "OrderID"=1 AND begins_with("Address", \'some\')')).toEqual([1])
  expect(await orders('WHERE "OrderID"=1 AND contains("Address", \'addr\')')).toEqual([1])
  expect(await orders('WHERE "OrderID"=1 AND attribute_type("Total", \'N\')')).toEqual([1])
  expect(await orders('WHERE "OrderID"=1 AND size("Address") >300')).toEqual([])
  expect(await orders('WHERE "Total" BETWEEN 150 AND 350 AND "Awards" is MISSING')).toHaveLength(2)
})

test('INSERT, UPDATE and DELETE', async () => {
  const { song, tables } = await openGuide()
  const where = "WHERE Artist='Acme Band' AND SongTitle='PartiQL Rocks'"
  const update = async (actions: string) => (await tables.execute(`UPDATE "Music" ${actions}`)).items
  await tables.execute(`INSERT INTO "Music" value {'Artist' : 'Acme Band','SongTitle' : 'PartiQL Rocks'}`)
  await update(`SET AwardsWon=1 SET AwardDetail={'Grammys':[2020, 2018]} ${where}`)
  expect(await song()).toMatchObject({ AwardsWon: 1, AwardDetail: { Grammys: [2020, 2018] } })
  await update(`SET AwardDetail.Grammys =list_append(AwardDetail.Grammys,[2016]) ${where}`)
  await update(`REMOVE AwardDetail.Grammys[2] ${where}`)
  await update(`SET AwardDetail.BillBoard=[2020] ${where}`)
  expect(await song()).toMatchObject({ AwardDetail: { Grammys: [2020, 2018], BillBoard: [2020] } })
  await update(`SET BandMembers = <<'member1', 'member2'>> ${where}`)
  await update(`SET BandMembers =set_add(BandMembers, <<'newbandmember'>>) ${where}`)
  expect(
    await update(
      `SET BandMembers =set_delete(BandMembers, <<'removed', 'member1'>>) ${where} RETURNING MODIFIED OLD *`,
    ),
  ).toEqual([{ BandMembers: new Set(['member1', 'member2', 'newbandmember']) }])
  expect(await update(`SET AwardsWon=2 ${where} RETURNING ALL NEW *`)).toMatchObject([
    { AwardsWon: 2, BandMembers: new Set(['member2', 'newbandmember']) },
  ])
  const deleted = await tables.execute(`DELETE FROM "Music" ${where} RETURNING ALL OLD *`)
  expect(deleted.items).toMatchObject([{ Artist: 'Acme Band', AwardsWon: 2 }])
})

test('a transaction with EXISTS, and parameters', async () => {
  const { song, tables } = await openGuide()
  for (const [Artist, SongTitle] of [
    ['No One You Know', 'Call Me Today'],
    ['Acme Band', 'PartiQL Rocks'],
  ] as const) {
    await tables.table('Music').put({ Artist, SongTitle })
  }
  await tables.executeTransaction([
    {
      statement: `EXISTS(SELECT * FROM "Music" where Artist='No One You Know' and SongTitle='Call Me Today' and Awards is MISSING)`,
    },
    { statement: "INSERT INTO Music value {'Artist':?,'SongTitle':'?'}", parameters: ['Acme Band'] },
    {
      statement:
        'UPDATE "Music" SET AwardsWon=?, AwardDetail={\'Grammys\':[2020, 2018]} where Artist=? and SongTitle=?',
      parameters: [1, 'Acme Band', 'PartiQL Rocks'],
    },
  ])
  expect(await song()).toMatchObject({ AwardsWon: 1, AwardDetail: { Grammys: [2020, 2018] } })
  // A question mark in quotes is text.
  expect(await tables.table('Music').get({ Artist: 'Acme Band', SongTitle: '?' })).toBeDefined()
})
