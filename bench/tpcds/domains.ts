/** Domains of TPC-DS columns, as far as small data needs them; from the specification's value distributions. */

/** Category, its classes, and its brands. */
export const CATEGORIES: readonly { readonly name: string; readonly classes: readonly string[]; readonly brands: readonly string[] }[] = [
  { name: "Women", classes: ["dresses", "fragrances", "maternity", "swimwear"], brands: ["amalgimporto #1", "edu packamalg #1", "importoamalg #1"] },
  { name: "Men", classes: ["accessories", "pants", "shirts", "sports-apparel"], brands: ["exportiimporto #1", "edu packscholar #1", "importoimporto #1"] },
  { name: "Children", classes: ["infants", "newborn", "school-uniforms", "toddlers"], brands: ["exportiexporti #1", "scholaramalgamalg #7", "amalgexporti #1"] },
  { name: "Shoes", classes: ["athletic", "kids", "mens", "womens"], brands: ["exportiedu pack #1", "amalgedu pack #1"] },
  { name: "Music", classes: ["classical", "country", "pop", "rock"], brands: ["edu packscholar #1", "amalgscholar #1", "importoscholar #1"] },
  { name: "Jewelry", classes: ["birdal", "bracelets", "diamonds", "pendants"], brands: ["amalgcorp #8", "importocorp #3"] },
  { name: "Home", classes: ["accent", "bathroom", "bedding", "lighting"], brands: ["importobrand #4", "maxinameless #6"] },
  { name: "Sports", classes: ["archery", "football", "golf", "tennis"], brands: ["corpamalgamalg #5", "edu packcorp #2"] },
  {
    name: "Books",
    classes: ["computers", "reference", "self-help", "travel"],
    brands: ["scholaramalgamalg #14", "scholaramalgamalg #9", "exportiunivamalg #9"],
  },
  {
    name: "Electronics",
    classes: ["personal", "portable", "stereo", "televisions"],
    brands: ["scholaramalgamalg #14", "scholaramalgamalg #7", "exportiunivamalg #9"],
  },
];

export const COLORS = (
  "slate blanched burnished purple burlywood indian spring floral medium powder khaki brown honeydew deep light cornflower midnight snow cyan " +
  "papaya orange frosted forest ghost pale chiffon"
).split(" ");

export const UNITS = "Ounce Oz Bunch Ton N/A Dozen Box Pound Pallet Gross Cup Dram Each Tbl Lb Bundle".split(" ");
export const SIZES = ["N/A", "petite", "small", "medium", "large", "extra large", "economy"];
export const MANUFACTURERS = [128, 129, 270, 350, 423, 677, 694, 738, 745, 760, 770, 778, 808, 821, 940, 977, 12, 57, 333, 500];

export const EDUCATIONS = ["College", "2 yr Degree", "4 yr Degree", "Advanced Degree", "Unknown"];
export const MARITAL_STATUSES = ["M", "S", "D", "W"];
export const CREDIT_RATINGS = ["Good", "Low Risk", "High Risk", "Unknown"];
export const BUY_POTENTIALS = [">10000", "5001-10000", "1001-5000", "501-1000", "0-500", "Unknown", "unknown"];

/** County and state; stores and some customers share the first, so that local purchases exist. */
export const PLACES: readonly (readonly [county: string, state: string])[] = [
  ["Williamson County", "TN"],
  ["Williamson County", "TN"],
  ["Williamson County", "TN"],
  ["Williamson County", "TN"],
  ["Rush County", "IN"],
  ["Toole County", "GA"],
  ["Jefferson County", "KY"],
  ["Dona Ana County", "NM"],
  ["La Porte County", "IN"],
  ["Orange County", "CA"],
  ["Bronx County", "TX"],
  ["Franklin Parish", "LA"],
  ["Ziebach County", "IL"],
  ["Walker County", "GA"],
  ["Daviess County", "VA"],
  ["Barrow County", "OH"],
  ["Luce County", "MS"],
  ["Richland County", "OR"],
  ["Fairfield County", "CT"],
  ["Mobile County", "WA"],
  ["Huron County", "TX"],
  ["Maverick County", "CO"],
];

export const CITIES = ["Midway", "Fairview", "Edgewood", "Oak Grove", "Five Points"];
export const ZIPS = ["35709", "24128", "57834", "85669", "86197", "88274", "83405", "86475", "85392", "85460", "80348", "81792"];

export const FIRST_NAMES = ["James", "Mary", "Robert", "Linda", "Michael", "Susan", "David", "Karen", "Paul", "Anna"];
export const LAST_NAMES = ["Smith", "Jones", "Brown", "Davis", "Miller", "Wilson", "Moore", "Taylor", "White", "Clark", "Lewis", "Young"];
export const SALUTATIONS = ["Mr.", "Mrs.", "Ms.", "Dr.", "Sir", "Miss"];
export const COUNTRIES = ["UNITED STATES", "UNITED STATES", "JAPAN", "FRANCE", "TOGO"];

export const SHIP_TYPES = ["EXPRESS", "NEXT DAY", "OVERNIGHT", "REGULAR", "TWO DAY", "LIBRARY"];
export const SHIP_CODES = ["AIR", "SURFACE", "SEA"];
export const CARRIERS = ["DHL", "BARIAN", "UPS", "FEDEX", "USPS", "MSC", "ZOUROS"];

export const STORE_NAMES = ["ese", "ought", "able", "ese", "anti", "cally", "ation", "bar"];
export const WEB_COMPANIES = ["pri", "able", "ought", "pri", "bar", "cally"];

export const DAY_NAMES = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
export const SHIFTS = ["first", "second", "third"];
