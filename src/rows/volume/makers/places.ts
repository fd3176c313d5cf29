/**
 * Cities, and where they lie (region, country, the country's code, the region in two letters): columns of one row that
 * are made from the same number agree.
 */

const places = `
Amsterdam|North Holland|Netherlands|NL|NH
Athens|Attica|Greece|GR|AT
Auckland|North Island|New Zealand|NZ|NI
Bangkok|Central Plains|Thailand|TH|CP
Barcelona|Catalonia|Spain|ES|CT
Bergen|Vestland|Norway|NO|VL
Berlin|Brandenburg|Germany|DE|BB
Bogota|Cundinamarca|Colombia|CO|CU
Boston|Massachusetts|United States|US|MA
Brussels|Brabant|Belgium|BE|BR
Cairo|Lower Egypt|Egypt|EG|LE
Chicago|Illinois|United States|US|IL
Copenhagen|Zealand|Denmark|DK|ZE
Dakar|Cap-Vert|Senegal|SN|CV
Delhi|Punjab|India|IN|PB
Dublin|Leinster|Ireland|IE|LN
Geneva|Romandy|Switzerland|CH|RO
Gothenburg|Gotaland|Sweden|SE|GO
Hamburg|Holstein|Germany|DE|SH
Hanoi|Red River Delta|Vietnam|VN|RR
Helsinki|Uusimaa|Finland|FI|UU
Istanbul|Marmara|Turkey|TR|MM
Jakarta|Java|Indonesia|ID|JV
Krakow|Lesser Poland|Poland|PL|LP
Kyoto|Kansai|Japan|JP|KS
Lima|Costa|Peru|PE|CO
Lisbon|Estremadura|Portugal|PT|ES
London|Greater London|United Kingdom|GB|GL
Lyon|Rhone|France|FR|RH
Madrid|Castile|Spain|ES|CS
Manila|Luzon|Philippines|PH|LZ
Marseille|Provence|France|FR|PR
Melbourne|Victoria|Australia|AU|VI
Milan|Lombardy|Italy|IT|LB
Montreal|Quebec|Canada|CA|QC
Mumbai|Maharashtra|India|IN|MH
Munich|Bavaria|Germany|DE|BY
Nairobi|Rift Valley|Kenya|KE|RV
Osaka|Kansai|Japan|JP|KS
Oslo|Viken|Norway|NO|VK
Porto|Douro|Portugal|PT|DO
Prague|Bohemia|Czechia|CZ|BO
Quito|Pichincha|Ecuador|EC|PI
Rome|Lazio|Italy|IT|LZ
Santiago|Maipo|Chile|CL|MP
Seattle|Washington|United States|US|WA
Seoul|Gyeonggi|South Korea|KR|GG
Sydney|New South Wales|Australia|AU|NS
Toronto|Ontario|Canada|CA|ON
Vancouver|Columbia|Canada|CA|BC
Vienna|Lower Austria|Austria|AT|LA
Warsaw|Mazovia|Poland|PL|MZ
Zurich|Aargau|Switzerland|CH|AG`
  .trim()
  .split('\n')
  .map((line) => line.split('|'))

export type PlacePart = 'city' | 'region' | 'country' | 'code' | 'short'

const parts: Readonly<Record<PlacePart, number>> = { city: 0, region: 1, country: 2, code: 3, short: 4 }

const listOf = (part: PlacePart): readonly string[] => [
  ...new Set(places.map((place) => place[parts[part]] ?? '')),
]

/** Each once. */
export const placeLists: Readonly<Record<PlacePart, readonly string[]>> = {
  city: listOf('city'),
  region: listOf('region'),
  country: listOf('country'),
  code: listOf('code'),
  short: listOf('short'),
}

export const placeCount = places.length

const numbersOf = (part: PlacePart): readonly number[] =>
  places.map((place) => placeLists[part].indexOf(place[parts[part]] ?? ''))

const numbers: Readonly<Record<PlacePart, readonly number[]>> = {
  city: numbersOf('city'),
  region: numbersOf('region'),
  country: numbersOf('country'),
  code: numbersOf('code'),
  short: numbersOf('short'),
}

/** Which entry of a part's list belongs to place number `i`. */
export const placeNumber = (part: PlacePart, i: number): number => numbers[part][i % places.length]!
