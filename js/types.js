// types.js — the shapes that go in and out of the package, as JSDoc types. No code.

/** @typedef {{ t_s: number, duration_s: number, text: string }} Annotation */
/** @typedef {{ code: string, message: string, offset: number | null }} Diagnostic */

/**
 * A file by its bytes: all of them, a Blob, or a random-access source (fewer bytes than asked for mean
 * that the file ends there).
 * @typedef {{ size: number, read(offset: number, length: number): Promise<Uint8Array> | Uint8Array, close?(): unknown }} RandomAccess
 * @typedef {Uint8Array | ArrayBuffer | Blob | RandomAccess} FileSource
 * @typedef {Record<string, FileSource> | ((name: string) => FileSource | null | undefined | Promise<FileSource | null | undefined>)} FileSet
 */

/**
 * What `read` takes: a file, a WFDB header with the files that it names, or samples as they are (µV, NaN = gap).
 * @typedef {FileSource | { hea: FileSource, files: FileSet } | { fs: number | number[], leads?: string[], samples: Float32Array[] }} ReadInput
 * @typedef {object} ReadOptions
 * @property {string} [name] file name without folder; its ending helps to tell the format
 * @property {number} [fs] Hz, for CSV without a rate
 * @property {'uV' | 'mV' | 'V'} [unit] overrides the unit of every channel
 */

/**
 * @typedef {object} Channel
 * @property {string} label
 * @property {string} unit as in the file; samples are always µV
 * @property {number} fs Hz
 * @property {number} phys_min_uv the range the file can hold; 0, 0 where unknown
 * @property {number} phys_max_uv
 * @property {number | null} samples null: not known before the end
 */

/**
 * Leads by label or zero-based number; undefined: the abdominal ones, by their labels.
 * @typedef {(string | number)[]} LeadChoice
 */

/**
 * Trained weights, a safetensors file: where it is, or its bytes.
 * @typedef {string | URL | ArrayBuffer | ArrayBufferView} ModelSource
 * @typedef {ModelSource | { fhnet?: ModelSource, ecgnet?: ModelSource }} ModelSources
 * @typedef {object} LoadOptions
 * @property {import('./engine.js').WasmSource} [wasm] the module; undefined: the package's, that with relaxed SIMD where it has one
 *   and the runtime takes it; fetal-ecg/fecg.wasm gives the same numbers to the bit everywhere
 * @property {ModelSources} [models] weights; undefined: the package's
 */

/** @typedef {{ done_s: number, duration_s: number | null, fraction: number | null }} Progress */

/**
 * Signals at the highest input rate, µV, NaN = gap; a block starts at t0_s.
 * @typedef {{ fs: number, leads: string[], fetal: Float32Array[], maternal: Float32Array[], residual: Float32Array[] }} Signals
 * @typedef {Signals & { t0_s: number }} SignalBlock
 */

/**
 * @typedef {object} ExtractOptions
 * @property {LeadChoice} [leads]
 * @property {'classical' | 'network' | 'fhnet'} [method] undefined: fhnet, both of the others joined
 * @property {import('./models.js').Model | ModelSource} [model] weights other than the engine's, for network and fhnet
 * @property {boolean | ((block: SignalBlock) => unknown)} [signals] true: in the result; a function: block by block
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => unknown} [onProgress]
 * @property {50 | 60 | 'auto'} [mains]
 */

/**
 * Words of two standards for a fetal rate (docs/clinical-terms.md). What is not known is null, and reason says why.
 * @typedef {{ reason: string | null, definition: string }} Term
 * @typedef {{ t_s: number, duration_s: number, bpm: number | null, reason: string | null }[]} BaselineStretches
 * @typedef {object} StandardTerms
 * @property {Term & { stretches: BaselineStretches }} baseline
 * @property {Term & { count: number | null }} accelerations
 * @property {Term & { count: number | null }} decelerations
 * @property {Term & { count: number | null }} prolonged_decelerations
 * @property {Term & { present: boolean | null }} tachycardia
 * @property {Term & { present: boolean | null }} bradycardia
 * @typedef {StandardTerms & { variability: Term & { bandwidth_bpm: number | null, class: 'reduced' | 'normal' | 'increased' | null } }} FigoTerms
 * @typedef {StandardTerms & { prolonged_accelerations: Term & { count: number | null }, variability: Term & { stretches:
 *   { t_s: number, duration_s: number, bandwidth_bpm: number | null, class: 'absent' | 'minimal' | 'moderate' | 'marked' | null }[] } }} NichdTerms
 * @typedef {object} Terms null as a whole: no fetus was found, or a second one is suspected
 * @property {FigoTerms} figo
 * @property {NichdTerms} nichd
 * @property {Term & { irregular: boolean | null, premature_beats: number | null }} rhythm
 */

/**
 * The document of schema fecg.extract/1. Times are seconds from the start; a rate that is not known is null.
 * @typedef {{ t_s: number[], bpm: (number | null)[] }} Rate
 * @typedef {object} ExtractResult
 * @property {'fecg.extract/1'} schema
 * @property {{ file: string | null, fs: number, duration_s: number, leads: string[] }} source
 * @property {'classical' | 'network' | 'fhnet'} method
 * @property {{ peaks_s: number[], rate: Rate }} maternal
 * @property {{ present: boolean, peaks_s: number[], confidence: number[], interpolated: boolean[], rate: Rate,
 *   summary: { baseline_bpm: number | null, stv_ms: number | null, ltv_bpm: number | null, coverage: number },
 *   events: { type: string, t_s: number, duration_s: number, definition: string }[], terms: Terms | null,
 *   beat: { fs: number, t_s: number[], uv: number[], pr_ms: number | null, pr_ms_sd: number | null, qrs_ms: number | null,
 *     qrs_ms_sd: number | null, qt_ms: number | null, qt_ms_sd: number | null } | null }} fetal
 * @property {{ fetal: number, reason: string | null, leads: { label: string, quality: number, state: string }[] }} quality
 * @property {{ leads: { label: string, contribution: number }[], t_s: number[], time: (number | null)[] } | null} attribution what
 *   carried the answer: shares of the leads, which add up to 1 (all 0 where no fetus was found), and of each moment, 0..1; null: classical
 * @property {Diagnostic[]} diagnostics
 * @property {{ engine: string, model: string | null, model_sha256: string | null, simd: string }} version
 * @property {Signals} [signals] with the option signals: true
 */

/**
 * What a fetal rate alone tells: as in fecg.extract/1 under fetal, without the rhythm.
 * @typedef {Pick<ExtractResult['fetal'], 'summary' | 'events'> & { terms: Omit<Terms, 'rhythm'> }} RateTerms
 */

/**
 * A lead without baseline wander, mains and muscle noise, µV, NaN = gap; a block starts at t0_s.
 * @typedef {{ t0_s: number, fs: number, leads: string[], uv: Float32Array[] }} DenoisedBlock
 * @typedef {object} DenoiseOptions
 * @property {LeadChoice} [leads] of one rate, 100 to 1000 Hz; undefined: all that are ECG by their labels
 * @property {(block: DenoisedBlock) => unknown} [signals] receives them block by block; the result then has no uv
 * @property {('morlet' | 'daubechies')[]} [stages] undefined: both, in this order
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => unknown} [onProgress]
 * @property {50 | 60 | 'auto'} [mains]
 * @typedef {{ fs: number, leads: string[], uv?: Float32Array[], diagnostics: Diagnostic[] }} DenoiseResult
 */

/**
 * @typedef {object} ClassifyOptions
 * @property {LeadChoice} [leads] as extract() takes them, or 'LABEL=STANDARD' where a label names no standard lead ('ECG1=II');
 *   undefined: the standard leads, by their labels
 * @property {import('./models.js').Model | ModelSource} [model] weights of ECGNet other than the engine's
 * @property {50 | 60 | 'auto'} [mains]
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => unknown} [onProgress]
 */

/**
 * The document of schema fecg.classify/1. Probabilities are calibrated; null is what could not be judged.
 * @typedef {'arrhythmia' | 'conduction' | 'infarction' | 'qt' | 'hypertrophy'} Condition
 * @typedef {object} ClassifyResult
 * @property {'fecg.classify/1'} schema
 * @property {{ file: string | null, fs: number, duration_s: number, leads: string[] }} source
 * @property {number | null} abnormal
 * @property {Record<Condition, number | null>} classes several can hold
 * @property {number | null} atrial_fibrillation
 * @property {'normal' | Condition | null} label normal where abnormal is below the threshold, else the most probable condition
 * @property {number | null} label_probability how probable the label itself is; a condition may be named although none is probable
 * @property {number} threshold
 * @property {{ level: 'low' | 'moderate' | 'high', score: number, because: string[] } | null} risk by the table of docs/ecgnet.md
 * @property {{ rate_bpm: number | null, pr_ms: number | null, qrs_ms: number | null, qt_ms: number | null, qtcb_ms: number | null,
 *   qtcf_ms: number | null, axis_deg: number | null, irregularity: number | null, pause_s: number | null }} intervals the longest pause, of the others the
 *   medians over windows
 * @property {{ reason: string | null, judged: number, leads: { label: string, lead: string, quality: number, state: string }[] }} quality
 *   judged: share of the time that got an answer; reason: why none did
 * @property {{ leads: { label: string, contribution: number }[], t_s: number[], time: (number | null)[] } | null} attribution
 * @property {({ t_s: number, duration_s: number, reason: string | null, abnormal: number | null, atrial_fibrillation: number | null,
 *   rate_bpm: number | null } & Record<Condition, number | null>)[]} windows
 * @property {Diagnostic[]} diagnostics
 * @property {{ engine: string, model: string, model_sha256: string, simd: string }} version
 */

/**
 * @typedef {object} SimulateOptions
 * @property {number} [seed]
 * @property {number} [seconds]
 * @property {number} [fs] Hz
 * @property {number} [leads]
 * @property {number} [snr_db]
 * @property {number} [fm_ratio_db]
 * @property {number} [fhr_bpm]
 * @property {number} [mhr_bpm]
 * @property {string} [scenario] one of fecg.h, or `standard:NAME`, a born person in up to 12 standard leads (their default)
 */

/**
 * Components of each lead, µV, NaN = gap; mixture is their sum, the recording.
 * @typedef {{ fetal: Float32Array[], maternal: Float32Array[], noise: Float32Array[], mixture: Float32Array[] }} SimulatedChunk
 */

/** @typedef {{ label: string, fs: number, phys_min_uv: number, phys_max_uv: number }} EdfChannel */

/**
 * @typedef {object} StreamOptions
 * @property {number} fs Hz, of all leads; setRate() changes it under way
 * @property {string[]} leads their labels, 1 to 32
 * @property {'classical' | 'fhnet'} [method] undefined: fhnet
 * @property {import('./models.js').Model | ModelSource} [model] weights other than the engine's
 * @property {50 | 60 | 'auto'} [mains]
 * @property {Uint8Array} [state] what save() gave: the stream goes on from there, at the rate and with the mains that it had then
 *
 * What a second of a live recording settled. Signals follow one another without a hole; beats and rates come once, in order,
 * each in the frame in which it was settled.
 * @typedef {object} Frame
 * @property {number} t0_s start of the signals, seconds from the first sample
 * @property {number} fs Hz
 * @property {Float32Array[]} fetal µV, NaN = gap or not known
 * @property {Float32Array[]} maternal
 * @property {Float32Array[]} residual
 * @property {{ fetal: { t_s: number, confidence: number, interpolated: boolean }[], maternal: number[] }} beats
 * @property {{ t_s: number[], fetal_bpm: (number | null)[], maternal_bpm: (number | null)[] }} rate 4 Hz
 * @property {{ fetal: number, reason: string | null, leads: { label: string, quality: number, state: string }[] }} quality
 * @property {{ leads: { label: string, contribution: number }[], t_s: number[], time: (number | null)[] } | null} attribution
 * @property {'learning' | 'live'} state learning: the leads' statistics have not settled yet, at most 30 s
 */

export {}
