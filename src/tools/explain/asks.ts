/**
 * Questions of the page that explains a network, and their answers: plain data. Only types, without imports, because the page is
 * compiled for browsers. The letters are those of docs/mathematics.md.
 */

export type Split = 'train' | 'validation' | 'test';

/** A sample of the data, or the pixels of a drawing. */
export type SampleRef =
  | { readonly split: Split; readonly index: number }
  /** (inputs) base64 of uint8. */
  | { readonly pixels: string };

/** The sample and the class that is taken for the true one, if it is not the sample's own. */
export interface Subjected {
  readonly sample: SampleRef;
  readonly target?: number;
}

export type Ask =
  /** Also renews the copy of the weights of a run, if it is old. */
  | { readonly ask: 'facts' }
  | ({ readonly ask: 'passes' } & Subjected)
  | ({ readonly ask: 'unit'; readonly layer: number; readonly unit: number } & Subjected)
  | ({ readonly ask: 'weight'; readonly layer: number; readonly input: number; readonly unit: number } & Subjected)
  /** The unit is one of the first layer's. */
  | ({ readonly ask: 'batch'; readonly unit: number } & BatchRef)
  | ({ readonly ask: 'step' } & BatchRef)
  /** Begins or continues a pass over the training samples, for a while. */
  | ({ readonly ask: 'taught' } & Subjected);

/** Consecutive training samples. */
export interface BatchRef {
  readonly first: number;
  readonly count: number;
}

export interface Answers {
  readonly facts: Facts;
  readonly passes: Passes;
  readonly unit: Unit;
  readonly weight: WeightCheck;
  readonly batch: Batch;
  readonly step: Step;
  readonly taught: Taught;
}

/** What is known of the network and its data. */
export interface Facts {
  /** For a heading: the model file, or the data of the run. */
  readonly title: string;
  /** Which weights these are: changes with each copy. */
  readonly version: number;
  /** Whether the weights change: those of a run. */
  readonly isLive: boolean;
  /** Widths, input to output. */
  readonly layers: readonly number[];
  readonly parameters: number;
  /** Activation of the hidden layers. */
  readonly activation: string;
  readonly objective: string;
  /** Names of the classes; empty if the network estimates numbers. */
  readonly classNames: readonly (string | number)[];
  /** The regression targets; empty for classes. */
  readonly targets: readonly TargetFacts[];
  /** Where Huber's loss becomes linear. */
  readonly huberDelta: number;
  /** Size of the inputs as an image. */
  readonly picture?: { readonly height: number; readonly width: number };
  /** (inputs) Names of the inputs, for a table. */
  readonly inputNames?: readonly string[];
  /** Number of samples that can be shown. */
  readonly samples: Readonly<Record<Split, number>>;
  /** Which samples of the data they are, if they are not its first. */
  readonly numbers?: Readonly<Record<Split, readonly number[]>>;
  /** The samples with the largest losses, if they are known. */
  readonly hardest?: { readonly split: Split; readonly indices: readonly number[] };
  /** Why no training samples are shown, if this is so on purpose. */
  readonly withoutTraining?: string;
  /** By layer: whether the kernel that trains leaves out inputs that are 0. */
  readonly skipsZeros: readonly boolean[];
  readonly kernel: string;
  /** How the network is trained, as far as it is known. */
  readonly training: TrainingFacts;
  /** Whether training weights samples or classes, which the answers do not. */
  readonly isWeighted?: boolean;
  /** Maximum number of samples of a batch that is asked for. */
  readonly mostBatch: number;
}

export interface TargetFacts {
  readonly name: string;
  /** An output z estimates mean + deviation · z. */
  readonly mean: number;
  readonly deviation: number;
}

export interface TrainingFacts {
  readonly rate?: number;
  readonly reduction?: 'sum' | 'mean';
  readonly batchSize?: number;
  readonly optimizer?: string;
  readonly momentum?: number;
  readonly schedule?: string;
  /** What else the training does, which no answer takes into account: `dropout`, … */
  readonly differences?: readonly string[];
}

/** One sample, forward and back. */
export interface Passes {
  readonly version: number;
  /** (inputs) X */
  readonly inputs: readonly number[];
  /** The class that is taken for the true one; undefined for regression targets. */
  readonly target?: number;
  /** Whether it is the sample's own class or numbers. */
  readonly isOwnTarget: boolean;
  /** T: one-hot; or the regression targets, standardized. */
  readonly targets: readonly number[];
  readonly layers: readonly LayerPass[];
  /** P; undefined for regression targets. */
  readonly probabilities?: readonly number[];
  readonly loss: number;
}

export interface LayerPass {
  /** (outputs) Z_l, before the activation. */
  readonly z: readonly number[];
  /** (outputs) H_(l+1) = f(Z_l); absent in the last layer. */
  readonly h?: readonly number[];
  /** (outputs) f′(Z_l); absent in the last layer. */
  readonly slope?: readonly number[];
  /** (outputs) δ_l = ∂ℓ/∂Z_l; in the last layer P − T for classes. */
  readonly delta: readonly number[];
  readonly work: Work;
}

/** Multiplications of a layer for one sample. */
export interface Work {
  /** Of inputs that are not 0, and of all inputs: those of the forward pass. */
  readonly forward: number;
  readonly allForward: number;
  /** Those of ∂ℓ/∂H: for the active units alone, and for all. 0 in the first layer. */
  readonly backward: number;
  readonly allBackward: number;
  /** Those of the gradient of the weights: of inputs that are not 0, and of all inputs. */
  readonly gradient: number;
  readonly allGradient: number;
}

export interface Unit {
  readonly version: number;
  /** (inputs of the layer) Weights into the unit. */
  readonly weights: readonly number[];
  readonly bias: number;
  /** (outputs of the next layer) Weights out of the unit; empty in the last layer. */
  readonly outgoing: readonly number[];
}

/** The gradient of one weight, or bias (`input` = number of inputs), computed in two ways. */
export interface WeightCheck {
  readonly version: number;
  readonly weight: number;
  /** H_k δ_j */
  readonly gradient: number;
  /** (ℓ(w + ε) − ℓ(w − ε)) / 2ε */
  readonly difference: number;
  readonly epsilon: number;
  readonly lossAbove: number;
  readonly lossBelow: number;
  /** Number of hidden units whose sums change sign between w + ε and w − ε, if f has a kink at 0: ℓ has a kink there, too. */
  readonly kinks: number;
}

export interface Batch {
  readonly version: number;
  readonly first: number;
  /** (samples, inputs) base64 of float32. */
  readonly inputs: string;
  /** (samples) δ of the unit. */
  readonly deltas: readonly number[];
  /** (samples) Classes, or undefined for regression targets. */
  readonly classes?: readonly number[];
  /** Numbers that the factors of the batch have: those of all inputs of layers and of all δ. */
  readonly factors: number;
}

/** The loss of a batch along −gradient. */
export interface Step {
  readonly version: number;
  readonly reduction: 'sum' | 'mean';
  readonly loss: number;
  /** ‖∇L‖² */
  readonly squaredNorm: number;
  readonly rates: readonly number[];
  /** L(θ − rate · ∇L); null if it is not finite. */
  readonly losses: readonly (number | null)[];
  /** The same at the rate of the run, if it is known. */
  readonly atRate?: { readonly rate: number; readonly loss: number | null };
}

/** The training samples that pull most at the prediction of a sample. */
export interface Taught {
  readonly version: number;
  readonly done: number;
  readonly of: number;
  /** Milliseconds of computing so far. */
  readonly milliseconds: number;
  /** Those whose step would lower the loss of the sample most, most first. */
  readonly helpers: readonly Teacher[];
  /** Those whose step would raise it most, most first. */
  readonly opponents: readonly Teacher[];
}

export interface Teacher {
  /** Of the training samples. */
  readonly index: number;
  /** rate · ∇ℓ(x′) · ∇ℓ(x): how much a step on the training sample alone lowers the loss, to first order. */
  readonly influence: number;
  /** By layer; their sum is the influence. */
  readonly byLayer: readonly number[];
  readonly class?: number;
  /** The regression targets, standardized. */
  readonly targets?: readonly number[];
  /** (inputs) base64 of uint8, for images. */
  readonly pixels?: string;
}
