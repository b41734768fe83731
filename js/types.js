// types.js — the shapes that go in and out of the package, as JSDoc types. No code.

/** @typedef {{ t_s: number, duration_s: number, text: string }} Annotation a moment (duration 0) or a stretch, seconds from the first sample */
/**
 * Something worth telling that did not stop the work.
 * @typedef {object} Diagnostic
 * @property {string} code a word for programs, as LEADS_ASSUMED
 * @property {string} message one English sentence
 * @property {number | null} offset byte or line of the input that it speaks of
 */

/**
 * A file that is read range by range. Fewer bytes than asked for mean that the file ends there.
 * @typedef {{ size: number, read(offset: number, length: number): Promise<Uint8Array> | Uint8Array, close?(): unknown }} RandomAccess
 */
/** @typedef {Uint8Array | ArrayBuffer | Blob | RandomAccess} FileSource a file: its bytes, a Blob (a File of a page is one), or random access */
/**
 * The files that a WFDB header names, by name; a function may answer null for one that it has not.
 * @typedef {Record<string, FileSource> | ((name: string) => FileSource | null | undefined | Promise<FileSource | null | undefined>)} FileSet
 */

/**
 * What `read` takes: a file, a WFDB header with the files that it names, or samples as they are (µV, NaN = gap).
 * @typedef {FileSource | { hea: FileSource, files: FileSet } | { fs: number | number[], leads?: string[], samples: Float32Array[] }} ReadInput
 */
/**
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
 * @property {number} phys_min_uv µV, the least that the file can hold; 0 where unknown
 * @property {number} phys_max_uv µV, the most; 0 where unknown
 * @property {number | null} samples null: not known before the end
 */

/**
 * Leads by label or zero-based number.
 * @typedef {(string | number)[]} LeadChoice
 */

/**
 * Trained weights, a safetensors file: where it is, or its bytes.
 * @typedef {string | URL | ArrayBuffer | ArrayBufferView} ModelSource
 */
/** @typedef {ModelSource | { fhnet?: ModelSource, ecgnet?: ModelSource }} ModelSources weights of FHNet, or of the networks by name */
/**
 * @typedef {object} LoadOptions
 * @property {import('./engine.js').WasmSource} [wasm] the module; undefined: the package's, that with relaxed SIMD where it has one
 *   and the runtime takes it; fetal-ecg/fecg.wasm gives the same numbers to the bit everywhere
 * @property {ModelSources} [models] weights; undefined: the package's
 */

/** @typedef {{ done_s: number, duration_s: number | null, fraction: number | null }} Progress null where the length is known only at the end */

/**
 * Signals at the highest input rate: one row a lead, µV, NaN = gap.
 * @typedef {object} Signals
 * @property {number} fs Hz
 * @property {string[]} leads labels, in the order of the rows
 * @property {Float32Array[]} fetal
 * @property {Float32Array[]} maternal
 * @property {Float32Array[]} residual what is left of the recording
 */
/** @typedef {Signals & { t0_s: number }} SignalBlock the signals from t0_s on, seconds; blocks follow one another without a hole */

/**
 * @typedef {object} ExtractOptions
 * @property {LeadChoice} [leads] 1 to 32, each of 125 to 4000 Hz; undefined: the abdominal ones, by their labels
 * @property {'classical' | 'network' | 'fhnet'} [method] undefined: fhnet, both of the others joined
 * @property {import('./models.js').Model | ModelSource} [model] weights other than the engine's, for network and fhnet
 * @property {boolean | ((block: SignalBlock) => unknown)} [signals] true: in the result; a function: block by block
 * @property {AbortSignal} [signal] an abort rejects the call with the signal's reason
 * @property {(progress: Progress) => unknown} [onProgress] what it throws ends the call
 * @property {50 | 60 | 'auto'} [mains] Hz; undefined: whichever the spectrum shows
 */

/**
 * A word of a standard for a fetal rate, with its definition (docs/clinical-terms.md). What is not known is null, and reason says why:
 * TOO_SHORT, LOW_COVERAGE, UNSTABLE, UNSEEN_BEATS or NOT_LASTING.
 * @typedef {{ reason: string | null, definition: string }} Term
 */
/** @typedef {{ t_s: number, duration_s: number, bpm: number | null, reason: string | null }} BaselineStretch ten minutes and their baseline */
/**
 * @typedef {object} StandardTerms
 * @property {Term & { stretches: BaselineStretch[] }} baseline
 * @property {Term & { count: number | null }} accelerations
 * @property {Term & { count: number | null }} decelerations
 * @property {Term & { count: number | null }} prolonged_decelerations
 * @property {Term & { present: boolean | null }} tachycardia
 * @property {Term & { present: boolean | null }} bradycardia
 */
/** @typedef {StandardTerms & { variability: Term & { bandwidth_bpm: number | null, class: 'reduced' | 'normal' | 'increased' | null } }} FigoTerms FIGO 2015 */
/**
 * NICHD 2008.
 * @typedef {StandardTerms & { prolonged_accelerations: Term & { count: number | null }, variability: Term & { stretches:
 *   { t_s: number, duration_s: number, bandwidth_bpm: number | null, class: 'absent' | 'minimal' | 'moderate' | 'marked' | null }[] } }} NichdTerms
 */
/**
 * @typedef {object} Terms
 * @property {FigoTerms} figo
 * @property {NichdTerms} nichd
 * @property {Term & { irregular: boolean | null, premature_beats: number | null }} rhythm
 */

/** @typedef {{ t_s: number[], bpm: (number | null)[] }} Rate four times a second from 0 on, beats a minute; null where it is not known */
/**
 * @typedef {object} Summary
 * @property {number | null} baseline_bpm mean of the rate within 10 bpm of its most frequent value
 * @property {number | null} stv_ms short-term variability after Dawes, Moulden and Redman 1991, of epochs of 3.75 s
 * @property {number | null} ltv_bpm long-term variability, of the same epochs: their range within a minute, mean over minutes
 * @property {number} coverage share of the time with a known rate, 0..1
 */
/**
 * @typedef {object} FetalEvent
 * @property {string} type acceleration, deceleration, prolonged-deceleration, tachycardia, bradycardia or irregular
 * @property {number} t_s its start
 * @property {number} duration_s
 * @property {string} definition what counts as one
 */
/**
 * The averaged fetal beat, in the lead that shows it best; an interval that cannot be told is null.
 * @typedef {object} AveragedBeat
 * @property {number} fs Hz
 * @property {number[]} t_s of each sample, 0 at the beat's time
 * @property {number[]} uv µV
 * @property {number | null} pr_ms
 * @property {number | null} pr_ms_sd uncertainty
 * @property {number | null} qrs_ms
 * @property {number | null} qrs_ms_sd uncertainty
 * @property {number | null} qt_ms
 * @property {number | null} qt_ms_sd uncertainty
 */
/**
 * @typedef {object} FetalResult where no fetus was found the lists are empty
 * @property {boolean} present whether a fetal heart was found
 * @property {number[]} peaks_s its beats
 * @property {number[]} confidence of each beat, 0..1
 * @property {boolean[]} interpolated whether a beat was filled in where a single one was not seen
 * @property {Rate} rate
 * @property {Summary} summary
 * @property {FetalEvent[]} events in order of time, by type
 * @property {Terms | null} terms null: no fetus was found, or a second one is suspected
 * @property {AveragedBeat | null} beat null: too few beats
 */
/** @typedef {{ label: string, quality: number, state: string }} LeadQuality quality 0..1; state: ok, flat, saturated, noisy or gaps */
/**
 * @typedef {object} Quality
 * @property {number} fetal 0..1
 * @property {string | null} reason why no fetus is reported: NO_FETUS, MATERNAL_LOCK, NO_SIGNAL or TOO_SHORT
 * @property {LeadQuality[]} leads
 */
/**
 * What carried the answer.
 * @typedef {object} Attribution
 * @property {{ label: string, contribution: number }[]} leads shares that add up to 1; all 0 where nothing was found
 * @property {number[]} t_s moments, four a second
 * @property {(number | null)[]} time how much each moment counted, 0..1
 */
/** @typedef {{ file: string | null, fs: number, duration_s: number, leads: string[] }} Source the recording: fs in Hz, the leads that were used */

/**
 * The document of schema fecg.extract/1. Times are seconds from the start.
 * @typedef {object} ExtractResult
 * @property {'fecg.extract/1'} schema
 * @property {Source} source
 * @property {'classical' | 'network' | 'fhnet'} method
 * @property {{ peaks_s: number[], rate: Rate }} maternal
 * @property {FetalResult} fetal
 * @property {Quality} quality
 * @property {Attribution | null} attribution null: classical
 * @property {Diagnostic[]} diagnostics
 * @property {{ engine: string, model: string | null, model_sha256: string | null, simd: string }} version which engine and which weights
 * @property {Signals} [signals] with the option signals: true
 */

/**
 * What a fetal rate alone tells: as in fecg.extract/1 under fetal, without the rhythm.
 * @typedef {Pick<ExtractResult['fetal'], 'summary' | 'events'> & { terms: Omit<Terms, 'rhythm'> }} RateTerms
 */

/**
 * Leads without baseline wander, mains and muscle noise from t0_s on: fs in Hz, one row a lead, µV, NaN = gap.
 * @typedef {{ t0_s: number, fs: number, leads: string[], uv: Float32Array[] }} DenoisedBlock
 */
/**
 * @typedef {object} DenoiseOptions
 * @property {LeadChoice} [leads] of one rate, 100 to 1000 Hz; undefined: all that are ECG by their labels
 * @property {(block: DenoisedBlock) => unknown} [signals] receives them block by block; the result then has no uv
 * @property {('morlet' | 'daubechies')[]} [stages] undefined: both, in this order
 * @property {AbortSignal} [signal] an abort rejects the call with the signal's reason
 * @property {(progress: Progress) => unknown} [onProgress] what it throws ends the call
 * @property {50 | 60 | 'auto'} [mains] Hz; undefined: whichever the spectrum shows
 */
/**
 * @typedef {object} DenoiseResult
 * @property {number} fs Hz
 * @property {string[]} leads
 * @property {Float32Array[]} [uv] one row a lead, µV, NaN = gap; without the option signals
 * @property {Diagnostic[]} diagnostics
 */

/**
 * @typedef {object} ClassifyOptions
 * @property {LeadChoice} [leads] as extract() takes them, or 'LABEL=STANDARD' where a label names no standard lead ('ECG1=II');
 *   undefined: the standard leads, by their labels
 * @property {import('./models.js').Model | ModelSource} [model] weights of ECGNet other than the engine's
 * @property {50 | 60 | 'auto'} [mains] Hz; undefined: whichever the spectrum shows
 * @property {AbortSignal} [signal] an abort rejects the call with the signal's reason
 * @property {(progress: Progress) => unknown} [onProgress] what it throws ends the call
 */

/** @typedef {'arrhythmia' | 'conduction' | 'infarction' | 'qt' | 'hypertrophy'} Condition */
/**
 * The document of schema fecg.classify/1. Probabilities are calibrated; null is what could not be judged.
 * @typedef {object} ClassifyResult
 * @property {'fecg.classify/1'} schema
 * @property {Source} source
 * @property {number | null} abnormal how probable an abnormal ECG is, 0..1
 * @property {Record<Condition, number | null>} classes several can hold
 * @property {number | null} atrial_fibrillation 0..1
 * @property {'normal' | Condition | null} label normal where abnormal is below the threshold, else the most probable condition
 * @property {number | null} label_probability how probable the label itself is; a condition may be named although none is probable
 * @property {number} threshold of abnormal, from the weights' file
 * @property {{ level: 'low' | 'moderate' | 'high', score: number, because: string[] } | null} risk by the table of docs/ecgnet.md
 * @property {{ rate_bpm: number | null, pr_ms: number | null, qrs_ms: number | null, qt_ms: number | null, qtcb_ms: number | null,
 *   qtcf_ms: number | null, axis_deg: number | null, irregularity: number | null, pause_s: number | null }} intervals the longest pause, of the others the
 *   medians over windows
 * @property {{ reason: string | null, judged: number, leads: { label: string, lead: string, quality: number, state: string }[] }} quality
 *   judged: share of the time that got an answer; reason: why none did
 * @property {Attribution | null} attribution
 * @property {({ t_s: number, duration_s: number, reason: string | null, abnormal: number | null, atrial_fibrillation: number | null,
 *   rate_bpm: number | null } & Record<Condition, number | null>)[]} windows of ten seconds
 * @property {Diagnostic[]} diagnostics
 * @property {{ engine: string, model: string, model_sha256: string, simd: string }} version
 */

/**
 * @typedef {object} SimulateOptions
 * @property {number} [seed] a whole number from 0 on; the same one gives the same recording
 * @property {number} [seconds] above 0, at most 31 days
 * @property {number} [fs] Hz, 125 to 4000
 * @property {number} [leads] 1 to 32; of a born person at most 12
 * @property {number} [snr_db] fetal lead around its QRS over noise, -60 to 100 dB
 * @property {number} [fm_ratio_db] fetal over maternal QRS, -80 to 40 dB
 * @property {number} [fhr_bpm] fetal baseline, 60 to 220
 * @property {number} [mhr_bpm] maternal baseline, 40 to 160
 * @property {string} [scenario] normal, no-fetus, adult, twins, brady, tachy, decelerations, ectopic, motion, electrode-loss, gaps; or
 *   `standard:NAME`, a born person in up to 12 standard leads (docs/simulator.md)
 */
/**
 * A simulated recording and its truth.
 * @typedef {object} Simulation
 * @property {Required<SimulateOptions>} options all of them, as they were taken
 * @property {number} fs Hz
 * @property {string[]} leads labels
 * @property {{ fetal: number[], maternal: number[], twin: number[] }} beats R peaks of each heart, seconds
 * @property {string[]} classes what holds of a born person: abnormal, and conditions
 * @property {(options?: { seconds?: number }) => Generator<SimulatedChunk, void, undefined>} chunks the samples in chunks of some seconds (10);
 *   may be called again and gives the same
 */

/**
 * Components of each lead, µV, NaN = gap; mixture is their sum, the recording.
 * @typedef {{ fetal: Float32Array[], maternal: Float32Array[], noise: Float32Array[], mixture: Float32Array[] }} SimulatedChunk
 */

/**
 * @typedef {object} EdfChannel
 * @property {string} label at most 16 ASCII characters
 * @property {number} fs Hz; all channels of a file have the same, or whole ratios of it
 * @property {number} phys_min_uv µV; what is outside is clipped
 * @property {number} phys_max_uv µV
 */

/**
 * @typedef {object} StreamOptions
 * @property {number} fs Hz, of all leads, 125 to 4000; setRate() changes it under way
 * @property {string[]} leads their labels, 1 to 32
 * @property {'classical' | 'fhnet'} [method] undefined: fhnet
 * @property {import('./models.js').Model | ModelSource} [model] weights other than the engine's
 * @property {50 | 60 | 'auto'} [mains] Hz; undefined: whichever the spectrum shows
 * @property {Uint8Array} [state] what save() gave: the stream goes on from there, at the rate and with the mains that it had then
 */

/**
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
 * @property {Quality} quality of the last 10 s
 * @property {Attribution | null} attribution leads: of the last 10 s; moments: those settled now; null: classical
 * @property {'learning' | 'live'} state learning: the leads' statistics have not settled yet, at most 30 s
 */

export {}
