/** Cities, and where they lie: columns of one row that are made from the same number agree. */

const places = `
Amsterdam|North Holland|Netherlands|NL
Athens|Attica|Greece|GR
Auckland|North Island|New Zealand|NZ
Bangkok|Central Plains|Thailand|TH
Barcelona|Catalonia|Spain|ES
Bergen|Vestland|Norway|NO
Berlin|Brandenburg|Germany|DE
Bogota|Cundinamarca|Colombia|CO
Boston|Massachusetts|United States|US
Brussels|Brabant|Belgium|BE
Cairo|Lower Egypt|Egypt|EG
Chicago|Illinois|United States|US
Copenhagen|Zealand|Denmark|DK
Dakar|Cap-Vert|Senegal|SN
Delhi|Punjab|India|IN
Dublin|Leinster|Ireland|IE
Geneva|Romandy|Switzerland|CH
Gothenburg|Gotaland|Sweden|SE
Hamburg|Holstein|Germany|DE
Hanoi|Red River Delta|Vietnam|VN
Helsinki|Uusimaa|Finland|FI
Istanbul|Marmara|Turkey|TR
Jakarta|Java|Indonesia|ID
Krakow|Lesser Poland|Poland|PL
Kyoto|Kansai|Japan|JP
Lima|Costa|Peru|PE
Lisbon|Estremadura|Portugal|PT
London|Greater London|United Kingdom|GB
Lyon|Rhone|France|FR
Madrid|Castile|Spain|ES
Manila|Luzon|Philippines|PH
Marseille|Provence|France|FR
Melbourne|Victoria|Australia|AU
Milan|Lombardy|Italy|IT
Montreal|Quebec|Canada|CA
Mumbai|Maharashtra|India|IN
Munich|Bavaria|Germany|DE
Nairobi|Rift Valley|Kenya|KE
Osaka|Kansai|Japan|JP
Oslo|Viken|Norway|NO
Porto|Douro|Portugal|PT
Prague|Bohemia|Czechia|CZ
Quito|Pichincha|Ecuador|EC
Rome|Lazio|Italy|IT
Santiago|Maipo|Chile|CL
Seattle|Washington|United States|US
Seoul|Gyeonggi|South Korea|KR
Sydney|New South Wales|Australia|AU
Toronto|Ontario|Canada|CA
Vancouver|Columbia|Canada|CA
Vienna|Lower Austria|Austria|AT
Warsaw|Mazovia|Poland|PL
Zurich|Aargau|Switzerland|CH`
  .trim()
  .split('\n')
  .map((line) => line.split('|'))

export type PlacePart = 'city' | 'region' | 'country' | 'code'

const parts: Readonly<Record<PlacePart, number>> = { city: 0, region: 1, country: 2, code: 3 }

const listOf = (part: PlacePart): readonly string[] => [
  ...new Set(places.map((place) => place[parts[part]] ?? '')),
]

/** Each once. */
export const placeLists: Readonly<Record<PlacePart, readonly string[]>> = {
  city: listOf('city'),
  region: listOf('region'),
  country: listOf('country'),
  code: listOf('code'),
}

export const placeCount = places.length

const numbersOf = (part: PlacePart): readonly number[] =>
  places.map((place) => placeLists[part].indexOf(place[parts[part]] ?? ''))

const numbers: Readonly<Record<PlacePart, readonly number[]>> = {
  city: numbersOf('city'),
  region: numbersOf('region'),
  country: numbersOf('country'),
  code: numbersOf('code'),
}

/** Which entry of a part's list belongs to place number `i`. */
export const placeNumber = (part: PlacePart, i: number): number => numbers[part][i % places.length]!
