/** Words that texts are put together from; of each list the numbers are prime to one another as far as it matters. */
const list = (words: string): readonly string[] => words.split(' ')

export const firstNames = list(
  'Ada Amir Anna Ben Carla Chen Daria David Elena Emil Farah Felix Grace Hana Hugo Ines Ivan Jana Jonas Kai Karin Lara Leo Lina Marco Maya Mila Nadia Nils Noah Olga Omar Paula Pedro Quinn Rana Rosa Sami Sara Theo Tomas Uma Vera Viktor Wanda Xenia Yara Yusuf Zoe',
)

export const lastNames = list(
  'Adler Ahmed Bauer Becker Bianchi Brown Castro Cohen Costa Diaz Dubois Fischer Garcia Haas Haddad Ito Ivanov Jensen Kaya Keller Khan Kim Kowalski Larsen Lee Lopez Martin Meyer Moreau Nakamura Novak Olsen Patel Pereira Popov Rossi Sato Schmidt Silva Singh Smith Sousa Tanaka Torres Vogel Wagner Weber Wolf Wright Yilmaz Zhang',
)

export const currencies = list('EUR USD GBP JPY CHF SEK NOK DKK PLN CAD AUD BRL')

export const languages = list('en de fr es it pt nl sv da pl tr ja')

export const timeZones = list('UTC Europe/Berlin Europe/London America/New_York Asia/Tokyo Australia/Sydney')

export const colours = list('black blue brown green grey orange pink purple red silver white yellow')

export const adjectives = list(
  'amber bold brisk calm clear cool crisp deep early fair fine firm fresh gentle gold green keen kind late light lucky mellow neat noble plain proud quick quiet rapid rare sharp silent simple smart soft solid steady sunny swift warm wide wild wise young',
)

export const nouns = list(
  'anchor arch basket beacon bell bottle bridge brook candle canvas chair cloud coast comet compass cup desk door engine falcon field forest garden glass harbor hill house island jacket kettle lamp lantern leaf meadow mirror mountain paper pencil pillow planet river rocket saddle shelf shield spoon stone table tower valley wagon window',
)

export const verbs = list(
  'arrives begins carries closes covers finds follows guides holds joins keeps leads makes meets moves opens reaches returns shows takes turns',
)

export const streets = list(
  'Bridge Castle Church Garden Harbor High King Lake Market Mill North Park Queen River School South Station Victoria West',
)

export const companies = list('Group Labs Partners Systems Trading Works')

export const jobTitles = [
  'Accountant',
  'Analyst',
  'Assistant',
  'Buyer',
  'Consultant',
  'Controller',
  'Designer',
  'Driver',
  'Engineer',
  'Marketing Manager',
  'Owner',
  'Production Manager',
  'Sales Manager',
  'Sales Representative',
  'Secretary',
  'Support Agent',
  'Team Lead',
  'Technician',
]

export const languageNames = list(
  'English German French Spanish Italian Portuguese Dutch Swedish Danish Polish Turkish Japanese',
)

export const statuses = list('active pending closed draft archived paused')
export const types = list('standard basic premium custom internal external special general')
export const roles = list('member admin editor viewer owner guest')
export const levels = list('low medium high critical')
export const modes = list('auto manual hybrid off')
export const channels = list('web mobile email phone partner store referral social')
export const payments = list('card cash transfer invoice voucher')
export const genders = list('female male other')
export const salutations = list('Ms. Mr. Dr. Mrs. Prof.')
export const units = list('piece box kg litre metre pack pair set')
