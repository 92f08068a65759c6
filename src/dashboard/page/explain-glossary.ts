/** What the page says before its numbers: how to read the two passes, and the meaning of the letters. */
import type { Facts } from '../../tools/explain/asks.js';
import { make } from './elements.js';
import { canBeOff, curveOf } from './explain-activations.js';
import { formula, inText, type Letters, layerName, lettersOf } from './explain-letters.js';

/** Above the passes. */
export function introduction(facts: Facts): HTMLElement {
  const isOfClasses = facts.classNames.length > 0;
  const hasHidden = facts.layers.length > 2;
  const sum = 'multiplies each input by a weight, and adds up the products and a bias: its sum';
  const outputs = isOfClasses ? 'logits Z, one number per class' : 'outputs Z';
  const f = canBeOff(facts)
    ? "relu, turns the sum into the unit's output, max(sum, 0)"
    : `${facts.activation}, turns the sum into the unit's output`;
  const forward = hasHidden
    ? `each hidden unit ${sum}. The activation function, ${f}. From the last hidden layer, the output layer computes the ${outputs}.`
    : `each output ${sum}. The sums are the ${outputs}.`;
  const error = isOfClasses
    ? ' Softmax turns the logits into probabilities P that sum to 1. The loss ℓ measures the error: −log P of the true class (log: ' +
      'natural logarithm). It is 0 if P = 1, and the smaller P is, the larger it is. Minimizing the sum of −log P over all samples ' +
      'means maximizing the probability of all true classes together, which is the product of their P.'
    : ' The loss ℓ measures the error: how far Z is from the targets T.';
  return make(
    'div',
    'small introduction',
    make('p', '', make('b', '', 'Forward'), ', left to right: ', forward, error),
    make(
      'p',
      '',
      make('b', '', 'Back'),
      `, right to left: δ of ${hasHidden ? 'a unit' : 'an output'} is ∂ℓ/∂(its sum). It says how much the loss changes if the sum changes a little. δ > 0 (red): ` +
        'the loss falls if the sum falls. δ < 0 (blue): the loss falls if the sum rises. The gradient of a weight ' +
        `is the number that comes in over it, times δ of the ${hasHidden ? 'unit or output' : 'output'} it leads to: how much the loss ` +
        'changes with the weight. A step of gradient descent lowers a weight whose gradient is positive, and raises it if negative, ' +
        'so that the loss falls.',
    ),
  );
}

/** A list that is open at first. */
export function glossary(facts: Facts): HTMLElement {
  const items = entriesOf(facts).map(([letter, ...meaning]) =>
    make('div', '', make('dt', '', formula(letter)), make('dd', '', ...meaning)),
  );
  const list = make('dl', 'glossary small', ...items);
  const details = make('details', 'letters', make('summary', 'small', 'Meaning of the letters'), list);
  details.open = true;
  return details;
}

type Entry = readonly [letter: string, ...meaning: (string | Node)[]];

function entriesOf(facts: Facts): Entry[] {
  const layers = facts.layers.length - 1;
  const isOfClasses = facts.classNames.length > 0;
  const what = isOfClasses ? 'class' : 'target';
  return [
    ['X_i', 'input i of the network'],
    ...Array.from({ length: layers }, (_, l) => entriesOfLayer(lettersOf(l, layers), l, layers, what)).flat(),
    ...entriesOfActivation(facts),
    ...(isOfClasses
      ? ([
          ['P_j', 'probability of class j, according to the network'],
          ['T_j', 'target: 1 for the true class, 0 for the others'],
        ] as const)
      : ([['T_j', 'target: the true value, standardized: (value − mean) / standard deviation']] as const)),
    ['ℓ', 'loss of this sample'],
    ['δ', '∂ℓ/∂(sum): how much the loss changes with the sum of a unit or output'],
    ...(facts.samples.train > 0
      ? ([
          ['L', 'loss of a batch: of the training samples that make a step together'],
          ['η', 'learning rate: how far a step moves the weights'],
          ['θ', 'any weight or bias'],
        ] as const)
      : []),
  ];
}

function entriesOfActivation(facts: Facts): Entry[] {
  if (facts.layers.length === 2) return [];
  const { value, letters } = curveOf(facts);
  const known =
    value('z') === 'f(z)' ? [] : [': ', formula(`f(z) = ${value('z')}`), ...(letters ? ['; ', formula(letters)] : [])];
  return [
    ['f', `activation function of the hidden units, ${facts.activation}`, ...known],
    ['f′', 'its slope: how much the output changes with the sum'],
  ];
}

function entriesOfLayer(letters: Letters, l: number, layers: number, what: string): Entry[] {
  const { weight, bias, z, h, from, to } = letters;
  const isLast = l === layers - 1;
  const where = layers > 2 ? ` of ${inText(layerName(l, layers))}` : '';
  const source = l === 0 ? 'input' : 'unit';
  const unit = isLast ? what : layers > 2 ? 'unit' : 'hidden unit';
  const of = isLast ? `${what} ${to}` : `${unit} ${to}${where}`;
  const sum = `the bias plus the products of all ${source}${l === 0 ? 's' : ' outputs'} and their weights`;
  return [
    [`${weight}_{${from}${to}}, ${bias}_${to}`, `weight from ${source} ${from} to ${of}, and the bias`],
    isLast
      ? [`${z}_${to}`, what === 'class' ? `logit of ${of}: ${sum}` : `estimate of ${of}, standardized: ${sum}`]
      : [`${z}_${to}, ${h}_${to}`, `sum of ${of}: ${sum}; and the unit's output`, formula(`, f(${z}_${to})`)],
  ];
}
