// SPDX-License-Identifier: GPL-3.0-or-later
#include "steering/recording/sentences.h"

#include <QtGlobal>

namespace helmscope {

static constexpr Sentence rows[] = {
    // What was changed, and what was not.
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The forbidden region was not taken: it has %1 × %2 pixels, the grid %3 × %4.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 candidates are forbidden.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Nothing is forbidden any more.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The preferred region was not taken: it has %1 × %2 pixels, the grid %3 × %4.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The preferred region was not taken: its factor must lie between 1 and %1.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Nothing is preferred any more.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 candidates are preferred: their acquisition counts %2 times.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Pixel %1 is not queued, so it could not be taken back."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Pixel %1 is not queued any more."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The queued pixel %1 lies outside the candidates and is ignored."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The queued pixel %1 is measured already and is ignored."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The queued pixel %1 is forbidden and is ignored."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Pixel %1 is queued."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The acquisition was not changed: ξ must be a number and β at least 0.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The acquisition was not changed: a number of its heating lies outside its range.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Heating is now %1."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The acquisition is now %1 (ξ %2, β %3)."), "1"},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The scalarizer was not changed: the microscope answers values, not spectra.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The scalarizer was not changed: %1 does not fit the "
                                        "energies, which go from %2 to %3 %4 in %5 channels."),
     "14"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The value is now %1; all values are computed anew."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The meta-model was not changed: %1 has not been read."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The meta-model was not changed: %1 was learnt on patches "
                                        "of %2 numbers, and those of this run have %3."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The model begins from the meta-model %1 (%2) from here on."),
     "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The model begins cold from here on.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The budget was not changed: it must lie between 0 and %1 steps.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The budget is now %1 steps.")},
    // As it was said before 0.1.
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The scalarizer was not changed: %1"), "1"},
    // What a step met.
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Pixel %1 was vetoed."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The queued pixel %1 may not be measured any more."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The first pixel %1 may not be measured."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "No pixel has a defined worth: pixel %1 is random."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The model could not learn: pixel %1 is random."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "Too few values are defined to learn from: pixel %1 is random."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 The maps are those of an earlier step."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The value %1 at pixel %2 is over 100,000 times larger than any other: it "
                       "is left out of what the model learns until another one confirms it."),
     "2"},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The meta-model does not help here: on the %1 points measured its error is %2 (without it "
        "%3) and its negative log density %4 (%5). The model begins cold.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The meta-model helps here again: on the %1 points measured its error is %2 (without it "
        "%3) and its negative log density %4 (%5). The model begins from it.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "What the model expects cannot be shown at %1 of %2 "
                                        "pixels: it is not finite, or too large for a map.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The maps are not held against the full scan: it takes %1 "
                                        "and would have to be read whole."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Nobody measured pixel %1: the nearest measured one stands "
                                        "in. Such steps are marked; this is said once."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Nobody measured pixel %1: what a model expected stands "
                                        "in. Such steps are marked; this is said once."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 of %2 candidates are left out: their patches are "
                                        "saturated, charged, blank or blurred.")},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "The reference at %1 has drifted out of the scan: it is not measured this time."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The value at pixel %1 is not defined."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 of the %2 channels of the spectrum at pixel %3 are not "
                                        "finite: it may be left out of what the model learns."),
     "3"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 of the %2 channels of the spectrum at pixel %3 are not finite."),
     "3"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The spectrum at pixel %1 seems saturated: %2 neighbouring channels have "
                       "its largest value, %3. A shorter dwell time helps; this is said once."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "value")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 pixels are left out: their patches hold numbers that are not finite.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The survey image is constant (%1): the model cannot tell one pixel from another.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The survey image seems saturated: %1 of its pixels (%2 %) have its largest "
                       "value, %3. The model sees no difference among them.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "How far the sample has drifted cannot be told: the new survey image fits "
                       "onto the first one in several places. Bring the first field back into "
                       "view; then resume, and another image is taken.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "How far the sample has drifted cannot be told: the new survey image is too "
                       "unlike the first one (%1, at least %2 is asked for). Look at focus and "
                       "field; then resume, and another image is taken.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The survey image has only %1 % of the first one's sharpness: look at the focus.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The reference at (%1, %2) has changed by %3 %, and %4 % are allowed: the "
                       "beam contaminates or damages the sample. Resume to go on anyway.")},
    // The model, which knows no Qt.
    {QT_TRANSLATE_NOOP("helmscope::Tr", "A covariance was not positive definite to working "
                                        "precision; %1 was added to its diagonal.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The loss was no longer finite in cycle %1; training was "
                                        "started anew with a quarter of the learning rates.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Training stopped in cycle %1 of %2: the loss was no "
                                        "longer finite. The model before it is kept.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The last training cycle was taken back: its covariance was not positive definite.")},
    // Heating, and what is looked for.
    {QT_TRANSLATE_NOOP("helmscope::Tr", "none")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "up to %1 % less about %2 pixels around, for about %3 s")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 (%2 s between dwells)"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "mean %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "peak height %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "peak energy %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "ratio %1 / %2"), "12"},
    // What a run begins from.
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "Nothing can be said yet: four measured points are needed.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "On the %1 points measured, left out in turn, its error is "
                                        "%2 (cold %3) and its negative log density %4 (cold %5)")},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1: better than a cold beginning by %2 nats a point, which may be chance (%3 count)."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1: better than a cold beginning by %2 nats a point."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1: worse than a cold beginning by %2 nats a point."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "No meta-model is known: add one.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "None of them can be used here. %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Cold: also the best of them, %1, does not help here. %2"),
     "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 fits best. %2"), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 was learnt on patches of %2 × %2 pixels and cannot be "
                                        "used on patches of %3 × %3; choose the same patch size."),
     "1"},
    // What is said of files.
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "Recorded by another program, method %1: no maps are kept."),
     "1"},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The run was cut off or is still going on: %1 finished steps are in the file.")},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 of %2 pixels of the survey image %3 are not finite; they are shown as its median."),
     "3"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The energies of %1 are taken from '%2' of the same file."),
     "12"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "The unit of the energies %1 is unknown: their name does not end in _eV or _keV."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The spectra %1 have no energies: their channels are "
                                        "counted from 0. Give a list of energies with --energies."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Channel")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Energy")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The spectra %1 (%2) stay in their file, of which only what is asked for is "
                       "read: whether all of their numbers are finite is not known."),
     "12"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 of %2 numbers of the spectra %3 are not finite; they are left out of every mean."),
     "3"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 of %2 values of %3 are not finite; they cannot be measured."),
     "3"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "The pixels of '%1' are not square (%2 nm high, %3 nm wide); the width is used for both."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The pixel size '%1' of %2 is %3 and not used."), "12"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "The pixel size '%1' of %2 nm belongs to the spectra's grid; an image pixel is %3 nm."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The pixel size of the survey image is unknown: there is "
                                        "no scale bar. Give it with --pixel-size-nm.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "image %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 is of version %2.%3 of the Berkeley EMD format; "
                                        "versions up to 1.0 are known and it was read like those."),
     "123"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Energy loss")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 is of version %2 of the EMSA format; versions up to %3 "
                                        "are known and it was read like those."),
     "123"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "virtual image of %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 is of version %2 of HyperSpy's format; versions up to "
                                        "%3 are known and it was read like those."),
     "123"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 is of version %2 of the MRC format; versions up to %3 "
                                        "are known and it was read like those."),
     "123"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 is of version %2 of Swift's format; versions up to %3 "
                                        "are known and it was read like those."),
     "123"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 was written by pyNSID %2; versions 0.x are known and it was read like those."),
     "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Image")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Time")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 frames"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "EDS")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "X-rays (Counts)")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "EDS detector %1")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "EELS")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "EDS spectrum")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 is of version %2 of Velox' format; versions up to %3 "
                                        "are known and it was read like those."),
     "123"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 was pruned: its spectra are left only in a packed form that nobody has published."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "counts")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Simulated nanocubes, seed %1")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "HAADF (fraction of full thickness)")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Expected spectra")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "counts per second")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Simulated nanocubes without noise, seed %1")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Sum of diffraction")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Bright field")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Dark field")},
    // What instruments say where they fail; said in the window's language: see inEnglish().
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 cannot measure row %2, column %3: rows go from 0 to %4, columns from 0 to %5."),
     "12345"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 cannot dwell for %2 s: a dwell lasts from %3 s to %4 s."),
     "1234"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 may not visit row %2, column %3: its region is rows %4 to %5, columns %6 to %7."),
     "1234567"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 may not expose with %2 A: its limit is %3 A."), "123"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 may not give row %2, column %3 another %4 e/Å²: it got %5, and the limit is %6."),
     "123456"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Simulated microscope")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The simulated microscope was aborted: resume it before the next image.")},
    {QT_TRANSLATE_NOOP(
        "helmscope::Tr",
        "The simulated microscope was aborted: resume it before the next measurement.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The simulated microscope was aborted: resume it before the next move.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Replay of a recording")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The replay was aborted: resume it before the next image.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The replay was aborted: resume it before the next measurement.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 was aborted: allow it again before the next measurement."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Gave up waiting for %1: %2"), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 sent an image of %2 × %3 pixels; %4 × %5 were expected."),
     "12345"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 cannot measure at a pixel: what it can do says why."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 sent a spectrum of %2 channels; %3 were expected."),
     "123"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Cannot reach %1: %2."), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Stopped.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 did not answer within %2 s."), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 closed the connection in the middle of its answer."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The instrument failed: %1"), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "it sent lists nested deeper than %1 levels."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "it sent something else where a number was expected.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "it sent no array.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "it sent an array with a side of %1."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "it sent %1 numbers for a shape of %2."), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "its answer is no JSON object.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "its image has %1 sides."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "the image has another size")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "its answer is no JSON: %1."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "its answer of %1 bytes is too large."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "it answers with a message of kind %1 that was not asked for."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Aborted.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The connection was closed.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The connection to %1 is lost: %2."), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "There is no connection to %1."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 answered a question that was not asked."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "Another instrument answers at %1 now, or its field or "
                                        "spectrometer was changed: the run cannot go on."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 gave a lease without its number."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 answered another measurement than was asked for."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 sent no value."), "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The instrument is busy with another exposure.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "%1 may not make more than %2 exposures per second."),
     "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The move of the stage was cut short.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The exposure was aborted: a person has to allow the instrument again.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The exposure was cut short: the lease or its connection ended.")},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 answered a spectrum of %2 channels at pixel %3; its energy axis has %4."),
     "1234"},
    {QT_TRANSLATE_NOOP(
         "helmscope::Tr",
         "%1 answered a spectrum of %2 channels at the reference; its energy axis has %3."),
     "123"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "%1 took a survey image of %2 × %3 pixels; the first one has %4 × %5. Set "
                       "the scan back to what it was and start again."),
     "12345"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The run measured nothing that could stand in for pixel (%1, %2)."),
     "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The run took only %1 survey images, and another one is asked for."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "Survey image %1 of the run is lost: what came of it cannot be done again."),
     "1"},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The rerun was aborted: resume it before the next measurement.")},
    {QT_TRANSLATE_NOOP("helmscope::Tr",
                       "The run did not measure pixel (%1, %2), and nothing else is known of it."),
     "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The measurement at pixel (%1, %2) was aborted."), "12"},
    {QT_TRANSLATE_NOOP("helmscope::Tr", "The move of the stage was aborted.")},
};

std::span<const Sentence> sentences()
{
    return rows;
}

} // namespace helmscope
