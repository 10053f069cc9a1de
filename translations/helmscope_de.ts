<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
    <context>
        <name>helmscope::Banner</name>
        <message>
            <source>Notice</source>
            <translation>Hinweis</translation>
        </message>
        <message>
            <source>What happened, and what can be done about it.</source>
            <translation>Was geschehen ist und was sich dagegen tun lässt.</translation>
        </message>
        <message>
            <source>Warning</source>
            <translation>Warnung</translation>
        </message>
        <message>
            <source>Does what the notice offers.</source>
            <translation>Führt aus, was der Hinweis anbietet.</translation>
        </message>
        <message>
            <source>Dismiss</source>
            <translation>Ausblenden</translation>
        </message>
        <message>
            <source>Takes this notice away.</source>
            <translation>Blendet diesen Hinweis aus.</translation>
        </message>
        <message>
            <source>1 of %1</source>
            <translation>1 von %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::BeginDialog</name>
        <message>
            <source>What the model begins from</source>
            <translation>Womit das Modell beginnt</translation>
        </message>
        <message>
            <source>Meta-models, the best first</source>
            <translation>Metamodelle, das beste zuerst</translation>
        </message>
        <message>
            <source>Meta-model</source>
            <translation>Metamodell</translation>
        </message>
        <message>
            <source>Gain (nats/point)</source>
            <translation>Gewinn (nat/Punkt)</translation>
        </message>
        <message>
            <source>Error from it</source>
            <translation>Fehler warm</translation>
        </message>
        <message>
            <source>Error cold</source>
            <translation>Fehler kalt</translation>
        </message>
        <message>
            <source>NLPD from it</source>
            <translation>NLPD warm</translation>
        </message>
        <message>
            <source>NLPD cold</source>
            <translation>NLPD kalt</translation>
        </message>
        <message>
            <source>What it is better than a cold beginning by: in the negative log density of a point left out, and in the logarithm of the error.</source>
            <translation>Um wie viel es besser ist als ein Kaltstart: in der negativen Log-Dichte eines ausgelassenen Punkts und im Logarithmus des Fehlers.</translation>
        </message>
        <message>
            <source>Of points left out, over the deviation of the values: 1 is as good as their mean.</source>
            <translation>Für ausgelassene Punkte, geteilt durch die Standardabweichung der Werte: 1 ist so gut wie deren Mittelwert.</translation>
        </message>
        <message>
            <source>Its rank's reason, and its card</source>
            <translation>Der Grund seines Rangs und seine Modellkarte</translation>
        </message>
        <message>
            <source>&amp;Add…</source>
            <translation>&amp;Hinzufügen …</translation>
        </message>
        <message>
            <source>Files that helmscope-cli metatrain made.</source>
            <translation>Dateien, die helmscope-cli metatrain erzeugt hat.</translation>
        </message>
        <message>
            <source>&amp;Forget</source>
            <translation>&amp;Vergessen</translation>
        </message>
        <message>
            <source>Takes the selected one off this list; the file stays.</source>
            <translation>Nimmt das ausgewählte aus dieser Liste; die Datei bleibt.</translation>
        </message>
        <message>
            <source>&amp;Let the program choose</source>
            <translation>Programm &amp;wählen lassen</translation>
        </message>
        <message>
            <source>The best of them, or a cold beginning where none helps. Where nothing is measured yet the run itself ranks them after its first points.</source>
            <translation>Das beste von ihnen, oder ein kalter Beginn, wo keines hilft. Ist noch nichts gemessen, ordnet der Lauf sie selbst nach seinen ersten Punkten.</translation>
        </message>
        <message>
            <source>&amp;Use from here on</source>
            <translation>&amp;Ab hier verwenden</translation>
        </message>
        <message>
            <source>&amp;Begin from the selected</source>
            <translation>Mit dem ausgewählten &amp;beginnen</translation>
        </message>
        <message>
            <source>From the next step on the model begins from the selected one, as long as it helps.</source>
            <translation>Vom nächsten Schritt an beginnt das Modell mit dem gewählten, solange es hilft.</translation>
        </message>
        <message>
            <source>From the next run on, as long as it helps.</source>
            <translation>Ab dem nächsten Lauf, solange es hilft.</translation>
        </message>
        <message>
            <source>Cold from &amp;here on</source>
            <translation>Ab &amp;hier kalt</translation>
        </message>
        <message>
            <source>Begin &amp;cold</source>
            <translation>&amp;Kalt beginnen</translation>
        </message>
        <message>
            <source>Learns this sample alone.</source>
            <translation>Lernt allein diese Probe.</translation>
        </message>
        <message>
            <source>Add meta-models</source>
            <translation>Metamodelle hinzufügen</translation>
        </message>
        <message>
            <source>Meta-models (*.h5 *.hdf5);;All files (*)</source>
            <translation>Metamodelle (*.h5 *.hdf5);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Ranking meta-models</source>
            <translation>Rangfolge der Metamodelle wird bestimmt</translation>
        </message>
        <message>
            <source>Judged on the %1 points that this run has measured, left out in turn in five parts, against its model beginning cold. What you take holds from the next step on and stands in the record.</source>
            <translation>Beurteilt an den %1 Punkten, die dieser Lauf gemessen hat, der Reihe nach in fünf Teilen ausgelassen, gegen sein kalt beginnendes Modell. Was Sie nehmen, gilt vom nächsten Schritt an und steht in der Aufzeichnung.</translation>
        </message>
        <message>
            <source>Judged on the %1 points measured of this sample, left out in turn in five parts, against the plan's model beginning cold.</source>
            <translation>Beurteilt an den %1 gemessenen Punkten dieser Probe, in fünf Teilen reihum ausgelassen, gegenüber dem kalt beginnenden Modell des Plans.</translation>
        </message>
        <message>
            <source>Of this sample too little is measured to rank them: let the program choose after the run's first points, or come back once four are measured. A run that begins from a meta-model goes on cold by itself where that is better.</source>
            <translation>Von dieser Probe ist zu wenig gemessen, um sie zu ordnen: Lassen Sie das Programm nach den ersten Punkten des Laufs wählen, oder kommen Sie wieder, sobald vier gemessen sind. Ein Lauf, der mit einem Metamodell beginnt, geht von selbst kalt weiter, wo das besser ist.</translation>
        </message>
        <message>
            <source>● %1 (in use)</source>
            <translation>● %1 (in Gebrauch)</translation>
        </message>
        <message>
            <source>● %1 (in the plan)</source>
            <translation>● %1 (im Plan)</translation>
        </message>
        <message>
            <source>cannot be used</source>
            <translation>nicht verwendbar</translation>
        </message>
        <message>
            <source>%1</source>
            <translation>%1</translation>
        </message>
        <message>
            <source>▲ %1</source>
            <translation>▲ %1</translation>
        </message>
        <message>
            <source>▼ %1</source>
            <translation>▼ %1</translation>
        </message>
        <message>
            <source>Ranking…</source>
            <translation>Rangfolge wird bestimmt …</translation>
        </message>
    </context>
    <context>
        <name>helmscope::BranchDialog</name>
        <message>
            <source>What if? – a branch of %1</source>
            <translation>Was wäre, wenn? – Zweig von „%1“</translation>
        </message>
        <message>
            <source>What will differ</source>
            <translation>Was anders sein wird</translation>
        </message>
        <message>
            <source>Start the branch</source>
            <translation>Zweig starten</translation>
        </message>
        <message>
            <source>The measurements up to this step are taken over as they are.</source>
            <translation>Die Messungen bis zu diesem Schritt werden unverändert übernommen.</translation>
        </message>
        <message>
            <source>After ste&amp;p</source>
            <translation>Nach &amp;Schritt</translation>
        </message>
        <message>
            <source>How predictions become the worth of a pixel.</source>
            <translation>Wie aus Vorhersagen der Wert eines Pixels wird.</translation>
        </message>
        <message>
            <source>&amp;Acquisition</source>
            <translation>Akquisiti&amp;on</translation>
        </message>
        <message>
            <source>&amp;Looks for</source>
            <translation>Sucht &amp;nach</translation>
        </message>
        <message>
            <source>as it was</source>
            <translation>wie bisher</translation>
        </message>
        <message>
            <source>&amp;Model</source>
            <translation>&amp;Modell</translation>
        </message>
        <message>
            <source>Of everything random from here on.</source>
            <translation>Für alles Zufällige ab hier.</translation>
        </message>
        <message>
            <source>See&amp;d</source>
            <translation>Startwer&amp;t</translation>
        </message>
        <message>
            <source>Measurements after the step.</source>
            <translation>Messungen nach dem Schritt.</translation>
        </message>
        <message>
            <source>Measurements from &amp;here</source>
            <translation>Messungen ab &amp;hier</translation>
        </message>
        <message>
            <source>&amp;go elsewhere: avoid what was measured afterwards, within</source>
            <translation>&amp;anderswo messen: meiden, was danach gemessen wurde, im Abstand von</translation>
        </message>
        <message>
            <source>Pixels around what the run measured after the step are forbidden.</source>
            <translation>Pixel um das, was der Lauf nach dem Schritt gemessen hat, sind gesperrt.</translation>
        </message>
        <message>
            <source>Pixels to each side.</source>
            <translation>Pixel nach jeder Seite.</translation>
        </message>
        <message>
            <source> px</source>
            <translation> px</translation>
        </message>
        <message>
            <source>Pixels to each side</source>
            <translation>Pixel nach jeder Seite</translation>
        </message>
        <message>
            <source>the sample itself: what is true there</source>
            <translation>die Probe selbst: was dort wirklich ist</translation>
        </message>
        <message>
            <source>Simulated, or a full recording: what is measured is real.</source>
            <translation>Simuliert oder eine vollständige Aufzeichnung: Was gemessen wird, ist echt.</translation>
        </message>
        <message>
            <source>the nearest pixel that was measured</source>
            <translation>das nächstgelegene gemessene Pixel</translation>
        </message>
        <message>
            <source>Each such step is marked: nobody measured there.</source>
            <translation>Jeder solche Schritt wird gekennzeichnet: Dort hat niemand gemessen.</translation>
        </message>
        <message>
            <source>what the run's last model expects</source>
            <translation>was das letzte Modell des Laufs erwartet</translation>
        </message>
        <message>
            <source>Where the run did not measure, ask</source>
            <translation>Wo der Lauf nicht gemessen hat, antwortet</translation>
        </message>
        <message>
            <source>This sample answers values, not spectra.</source>
            <translation>Diese Probe liefert Werte, keine Spektren.</translation>
        </message>
        <message>
            <source>The model expects values: it does not know the spectra of other pixels.</source>
            <translation>Das Modell erwartet Werte: Es kennt die Spektren anderer Pixel nicht.</translation>
        </message>
        <message>
            <source>What a spectrum is worth: band:A-B, peak:A-B, energy:A-B or ratio:A-B/C-D, in the unit of the axis; with a background before it: ,constant:A-B or ,power:A-B.</source>
            <translation>Was ein Spektrum wert ist: band:A-B, peak:A-B, energy:A-B oder ratio:A-B/C-D, in der Einheit der Achse; mit einem Untergrund davor: ,constant:A-B oder ,power:A-B.</translation>
        </message>
        <message>
            <source>β</source>
            <translation>β</translation>
        </message>
        <message>
            <source>ξ</source>
            <translation>ξ</translation>
        </message>
        <message>
            <source>beta</source>
            <translation>beta</translation>
        </message>
        <message>
            <source>xi</source>
            <translation>xi</translation>
        </message>
        <message>
            <source>Weight of the variance: more explores more.</source>
            <translation>Gewicht der Varianz: Ein größeres erkundet mehr.</translation>
        </message>
        <message>
            <source>Improvement asked for, in deviations of the measured values.</source>
            <translation>Verlangte Verbesserung, in Standardabweichungen der gemessenen Werte.</translation>
        </message>
        <message>
            <source>The first %1 measurements are those of %2.</source>
            <translation>Die ersten %1 Messungen sind die von „%2“.</translation>
        </message>
        <message>
            <source>Nothing differs: the branch will go the same way.</source>
            <translation>Nichts ist anders: Der Zweig wird denselben Weg gehen.</translation>
        </message>
        <message>
            <source>Steps that nobody measured are marked as such.</source>
            <translation>Schritte, die niemand gemessen hat, sind als solche gekennzeichnet.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CatalogPanel</name>
        <message>
            <source>Search the catalogue</source>
            <translation>Katalog durchsuchen</translation>
        </message>
        <message>
            <source>Search: words, detector:haadf, beamEnergyKev&gt;=200</source>
            <translation>Suche: Wörter, detector:haadf, beamEnergyKev&gt;=200</translation>
        </message>
        <message>
            <source>All words have to be somewhere in a recording's path, titles or metadata. Conditions: field:word, field&gt;number. Fields: %1.</source>
            <translation>Alle Wörter müssen irgendwo in Pfad, Titeln oder Metadaten einer Aufzeichnung vorkommen. Bedingungen: Feld:Wort, Feld&gt;Zahl. Felder: %1.</translation>
        </message>
        <message>
            <source>&amp;Folder…</source>
            <translation>&amp;Ordner …</translation>
        </message>
        <message>
            <source>Chooses the folder of recordings.</source>
            <translation>Wählt den Ordner der Aufzeichnungen.</translation>
        </message>
        <message>
            <source>&amp;Refresh</source>
            <translation>Aktualisie&amp;ren</translation>
        </message>
        <message>
            <source>Reads what is new in the folder.</source>
            <translation>Liest, was im Ordner neu ist.</translation>
        </message>
        <message>
            <source>&amp;Open</source>
            <translation>Ö&amp;ffnen</translation>
        </message>
        <message>
            <source>Opens the selected recordings together: an image and its spectra.</source>
            <translation>Öffnet die ausgewählten Aufzeichnungen gemeinsam: ein Bild und seine Spektren.</translation>
        </message>
        <message>
            <source>Recordings</source>
            <translation>Aufzeichnungen</translation>
        </message>
        <message>
            <source>Choose a folder of recordings: they are found by what they hold.</source>
            <translation>Wählen Sie einen Ordner mit Aufzeichnungen: Sie werden nach ihrem Inhalt gefunden.</translation>
        </message>
        <message>
            <source>Folder of recordings</source>
            <translation>Ordner der Aufzeichnungen</translation>
        </message>
        <message>
            <source>Looking through %1…</source>
            <translation>%1 wird durchsucht …</translation>
        </message>
        <message>
            <source>Looking through %1</source>
            <translation>%1 wird durchsucht</translation>
        </message>
        <message>
            <source>Searching</source>
            <translation>Suche läuft</translation>
        </message>
        <message>
            <source>The first %1 of %2 recordings in %3</source>
            <translation>Die ersten %1 von %2 Aufzeichnungen in %3</translation>
        </message>
        <message>
            <source>%1 of %2 recordings in %3</source>
            <translation>%1 von %2 Aufzeichnungen in %3</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CommandPalette</name>
        <message>
            <source>%1, key %2</source>
            <translation>%1, Taste %2</translation>
        </message>
        <message>
            <source>Command palette</source>
            <translation>Befehlspalette</translation>
        </message>
        <message>
            <source>Type part of a command's name</source>
            <translation>Teil eines Befehlsnamens eingeben</translation>
        </message>
        <message>
            <source>Command</source>
            <translation>Befehl</translation>
        </message>
        <message>
            <source>Commands that fit</source>
            <translation>Passende Befehle</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CompareColumn</name>
        <message>
            <source>Takes this run out of the comparison.</source>
            <translation>Nimmt diesen Lauf aus dem Vergleich.</translation>
        </message>
        <message>
            <source>Remove this run</source>
            <translation>Diesen Lauf entfernen</translation>
        </message>
        <message>
            <source>path</source>
            <translation>Weg</translation>
        </message>
        <message>
            <source>mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>uncertainty σ</source>
            <translation>Unsicherheit σ</translation>
        </message>
        <message>
            <source>Path of run %1</source>
            <translation>Weg des Laufs %1</translation>
        </message>
        <message>
            <source>Mean of run %1</source>
            <translation>Mittelwert des Laufs %1</translation>
        </message>
        <message>
            <source>Uncertainty of run %1</source>
            <translation>Unsicherheit des Laufs %1</translation>
        </message>
        <message>
            <source>No maps were recorded with this run.</source>
            <translation>Mit diesem Lauf wurden keine Karten aufgezeichnet.</translation>
        </message>
        <message>
            <source>step %1 of %2</source>
            <translation>Schritt %1 von %2</translation>
        </message>
        <message>
            <source> · measured %1 %2</source>
            <translation> · gemessen %1 %2</translation>
        </message>
        <message>
            <source> · maps of step %1</source>
            <translation> · Karten von Schritt %1</translation>
        </message>
        <message>
            <source>%1  %2</source>
            <comment>number, name</comment>
            <translation>%1  %2</translation>
        </message>
        <message>
            <source>Run %1: %2</source>
            <translation>Lauf %1: %2</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CompareWindow</name>
        <message>
            <source>Compare runs – Helmscope</source>
            <translation>Läufe vergleichen – Helmscope</translation>
        </message>
        <message>
            <source>Reading a run</source>
            <translation>Lauf wird gelesen</translation>
        </message>
        <message>
            <source>Reading %1 runs</source>
            <translation>%1 Läufe werden gelesen</translation>
        </message>
        <message>
            <source>Six runs at most are compared side by side: %1 of the new ones are left out. Remove one to make room.</source>
            <translation>Höchstens sechs Läufe werden nebeneinander verglichen: %1 der neuen sind weggelassen. Entfernen Sie einen, um Platz zu schaffen.</translation>
        </message>
        <message>
            <source>Comparing</source>
            <translation>Vergleich läuft</translation>
        </message>
        <message>
            <source>%1 / %2</source>
            <translation>%1 / %2</translation>
        </message>
        <message>
            <source>To &amp;reach</source>
            <translation>Ziel&amp;wert</translation>
        </message>
        <message>
            <source>To &amp;reach %1</source>
            <translation>Ziel&amp;wert: %1</translation>
        </message>
        <message>
            <source>never</source>
            <translation>nie</translation>
        </message>
        <message>
            <source>Run files, or recordings of others, up to six side by side.</source>
            <translation>Dateien von Läufen oder Aufzeichnungen anderer, bis zu sechs nebeneinander.</translation>
        </message>
        <message>
            <source>Six runs are as many as fit: remove one first.</source>
            <translation>Mehr als sechs Läufe passen nicht: Entfernen Sie zuerst einen.</translation>
        </message>
        <message>
            <source>Runs will appear here side by side: add two to six of them (Ctrl+O), or drop their files onto this window.</source>
            <translation>Hier erscheinen Läufe nebeneinander: Fügen Sie zwei bis sechs hinzu (Strg+O), oder ziehen Sie ihre Dateien auf dieses Fenster.</translation>
        </message>
        <message>
            <source>&amp;Step</source>
            <translation>&amp;Schritt</translation>
        </message>
        <message>
            <source>Step of all runs</source>
            <translation>Schritt aller Läufe</translation>
        </message>
        <message>
            <source>One step for all runs: a shorter one stays at its last.</source>
            <translation>Ein Schritt für alle Läufe: Ein kürzerer bleibt bei seinem letzten stehen.</translation>
        </message>
        <message>
            <source>Quality to be reached</source>
            <translation>Zu erreichende Güte</translation>
        </message>
        <message>
            <source>A curve has reached it when it stays there for three steps.</source>
            <translation>Eine Kurve hat sie erreicht, wenn sie drei Schritte lang dort bleibt.</translation>
        </message>
        <message>
            <source>What it took to get as good</source>
            <translation>Was es kostete, gleich gut zu werden</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Lauf</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>Time (s)</source>
            <translation>Zeit (s)</translation>
        </message>
        <message>
            <source>Dose (e⁻/Å²)</source>
            <translation>Dosis (e⁻/Å²)</translation>
        </message>
        <message>
            <source>Measuring and thinking together.</source>
            <translation>Messen und Rechnen zusammen.</translation>
        </message>
        <message>
            <source>Of each pixel, summed over the pixels measured.</source>
            <translation>Die jedes Pixels, summiert über die gemessenen Pixel.</translation>
        </message>
        <message>
            <source>Where the runs part, and in what their plans differ</source>
            <translation>Wo sich die Läufe trennen und worin sich ihre Pläne unterscheiden</translation>
        </message>
        <message>
            <source>Compare</source>
            <translation>Vergleichen</translation>
        </message>
        <message>
            <source>Add runs…</source>
            <translation>Läufe hinzufügen …</translation>
        </message>
        <message>
            <source>Link</source>
            <translation>Verknüpfen</translation>
        </message>
        <message>
            <source>All runs share cursor, zoom and colour limits (Ctrl+L).</source>
            <translation>Alle Läufe teilen sich Cursor, Zoom und Farbgrenzen (Strg+L).</translation>
        </message>
        <message>
            <source>Seeds as a band</source>
            <translation>Startwerte als Band</translation>
        </message>
        <message>
            <source>Runs whose plans differ in their seeds only become one curve: the median, with a band from the lower to the upper quartile.</source>
            <translation>Läufe, deren Pläne sich nur im Startwert unterscheiden, werden zu einer Kurve: dem Median mit einem Band vom unteren zum oberen Quartil.</translation>
        </message>
        <message>
            <source>Figure…</source>
            <translation>Abbildung …</translation>
        </message>
        <message>
            <source>Saves maps and curves as a figure: SVG, PDF or PNG (Ctrl+E).</source>
            <translation>Speichert Karten und Kurven als Abbildung: SVG, PDF oder PNG (Strg+E).</translation>
        </message>
        <message>
            <source>Table…</source>
            <translation>Tabelle …</translation>
        </message>
        <message>
            <source>Saves all steps and curves as CSV (Ctrl+Shift+E).</source>
            <translation>Speichert alle Schritte und Kurven als CSV (Strg+Umschalt+E).</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <source>Add runs to compare</source>
            <translation>Läufe zum Vergleich hinzufügen</translation>
        </message>
        <message>
            <source>Runs and recordings of others (*.h5 *.npz)</source>
            <translation>Läufe und Aufzeichnungen anderer (*.h5 *.npz)</translation>
        </message>
        <message>
            <source>All files (*)</source>
            <translation>Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Save the figure</source>
            <translation>Abbildung speichern</translation>
        </message>
        <message>
            <source>Save the table</source>
            <translation>Tabelle speichern</translation>
        </message>
        <message>
            <source>Tables (*.csv)</source>
            <translation>Tabellen (*.csv)</translation>
        </message>
        <message>
            <source>Writing the table</source>
            <translation>Tabelle wird geschrieben</translation>
        </message>
        <message>
            <source>Writing the figure</source>
            <translation>Die Abbildung wird geschrieben</translation>
        </message>
        <message>
            <source>Saved as %1.</source>
            <translation>Gespeichert als %1.</translation>
        </message>
        <message>
            <source>%1, step %2</source>
            <translation>%1, Schritt %2</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ComparisonCurves</name>
        <message>
            <source>Curves of the runs</source>
            <translation>Kurven der Läufe</translation>
        </message>
        <message>
            <source>How the runs do, side by side, will appear here.</source>
            <translation>Hier erscheint nebeneinander, wie sich die Läufe entwickeln.</translation>
        </message>
        <message>
            <source>C&amp;urve</source>
            <translation>K&amp;urve</translation>
        </message>
        <message>
            <source>Quantity</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>o&amp;ver</source>
            <translation>ü&amp;ber</translation>
        </message>
        <message>
            <source>Horizontal axis</source>
            <translation>Waagerechte Achse</translation>
        </message>
        <message>
            <source>steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>%1 (%2)</source>
            <comment>name (unit)</comment>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>seconds, measuring and thinking</source>
            <translation>Sekunden, Messen und Rechnen</translation>
        </message>
        <message>
            <source>dose summed over pixels (e⁻/Å²)</source>
            <translation>Dosis, über die Pixel summiert (e⁻/Å²)</translation>
        </message>
        <message>
            <source>%1: median of %2, quartiles</source>
            <translation>%1: Median von %2, Quartile</translation>
        </message>
        <message>
            <source>%1 (as recorded)</source>
            <translation>%1 (wie aufgezeichnet)</translation>
        </message>
        <message>
            <source>%1
%2: %3</source>
            <translation>%1
%2: %3</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ContentPane</name>
        <message>
            <source>Content</source>
            <translation>Inhalt</translation>
        </message>
        <message>
            <source>Reading its content…</source>
            <translation>Inhalt wird gelesen …</translation>
        </message>
        <message>
            <source>Picture</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Curve</source>
            <translation>Kurve</translation>
        </message>
        <message>
            <source>Table</source>
            <translation>Tabelle</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CurvesView</name>
        <message>
            <source>Curves of the run</source>
            <translation>Kurven des Laufs</translation>
        </message>
        <message>
            <source>Curves appear here with the first step.</source>
            <translation>Mit dem ersten Schritt erscheinen hier Kurven.</translation>
        </message>
        <message>
            <source>● measured  ━ best</source>
            <translation>● gemessen  ━ bester Wert</translation>
        </message>
        <message>
            <source>mean σ of the map</source>
            <translation>mittleres σ</translation>
        </message>
        <message>
            <source>loss of the training</source>
            <translation>Trainingsverlust</translation>
        </message>
        <message>
            <source>━ R²  in 95 %: ╍ map ┄ so far</source>
            <translation>━ R²  in 95 %: ╍ Karte ┄ bisher</translation>
        </message>
        <message>
            <source>┄ within 95 % so far</source>
            <translation>┄ bisher innerhalb von 95 %</translation>
        </message>
        <message>
            <source>left out: ━ warm ╍ cold</source>
            <translation>ausgelassen: ━ warm ╍ kalt</translation>
        </message>
        <message>
            <source>step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>Step %1</source>
            <translation>Schritt %1</translation>
        </message>
        <message>
            <source>measured %1</source>
            <translation>gemessen %1</translation>
        </message>
        <message>
            <source>best so far %1</source>
            <translation>bisher bester Wert %1</translation>
        </message>
        <message>
            <source>mean σ %1</source>
            <translation>mittleres σ %1</translation>
        </message>
        <message>
            <source>loss %1</source>
            <translation>Verlust %1</translation>
        </message>
        <message>
            <source>R² %1</source>
            <translation>R² %1</translation>
        </message>
        <message>
            <source>coverage %1</source>
            <translation>Überdeckung %1</translation>
        </message>
        <message>
            <source>measured within 95 % intervals so far: %1</source>
            <translation>bisher innerhalb der 95-%-Intervalle gemessen: %1</translation>
        </message>
        <message>
            <source>changed before: %1</source>
            <translation>vorher geändert: %1</translation>
        </message>
        <message>
            <source>on %1 points, left out in turn: error %2 from the meta-model, %3 cold; negative log density %4 and %5.
%6</source>
            <translation>an %1 Punkten, reihum ausgelassen: Fehler %2 mit dem Metamodell, %3 kalt; negative Log-Dichte %4 und %5.
%6</translation>
        </message>
        <message>
            <source>Cold is better by %1 nats a point: the model begins cold.</source>
            <translation>Kalt ist um %1 nat je Punkt besser: Das Modell beginnt kalt.</translation>
        </message>
        <message>
            <source>Better by only %1 nats a point: the model begins cold.</source>
            <translation>Nur um %1 nat je Punkt besser: Das Modell beginnt kalt.</translation>
        </message>
        <message>
            <source>Better by %1 nats a point: it begins from the meta-model.</source>
            <translation>Um %1 nat je Punkt besser: Es beginnt mit dem Metamodell.</translation>
        </message>
        <message>
            <source>cold</source>
            <translation>kalt</translation>
        </message>
        <message>
            <source>warm</source>
            <translation>warm</translation>
        </message>
    </context>
    <context>
        <name>helmscope::DiagnosticsDialog</name>
        <message>
            <source>Diagnostics</source>
            <translation>Diagnose</translation>
        </message>
        <message>
            <source>Diagnostics as text</source>
            <translation>Diagnose als Text</translation>
        </message>
        <message>
            <source>What a report of a bug needs. It names no file and no person.</source>
            <translation>Was ein Fehlerbericht braucht. Es nennt keine Datei und keine Person.</translation>
        </message>
        <message>
            <source>&amp;Copy as text</source>
            <translation>Als Text &amp;kopieren</translation>
        </message>
        <message>
            <source>&amp;Renew</source>
            <translation>&amp;Aktualisieren</translation>
        </message>
    </context>
    <context>
        <name>helmscope::DosePanel</name>
        <message>
            <source>Accumulated dose</source>
            <translation>Gesamtdosis</translation>
        </message>
        <message>
            <source>How many electrons each place has got will appear here: press Run.</source>
            <translation>Wie viele Elektronen jeder Ort erhalten hat, erscheint hier: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>Limit of the dose</source>
            <translation>Grenze der Dosis</translation>
        </message>
        <message>
            <source>Pixels that one point more would bring over this are forbidden, from the next step on. The run's record says so.</source>
            <translation>Pixel, die ein weiterer Punkt über diese Grenze brächte, sind ab dem nächsten Schritt gesperrt. Die Aufzeichnung des Laufs vermerkt es.</translation>
        </message>
        <message>
            <source>within a pixel</source>
            <translation>innerhalb eines Pixels</translation>
        </message>
        <message>
            <source>Diameter of the probe</source>
            <translation>Durchmesser der Sonde</translation>
        </message>
        <message>
            <source>Full width at half maximum of the probe on the sample: one that is wider than a pixel spreads its dose over the neighbours.</source>
            <translation>Halbwertsbreite der Sonde auf der Probe: Eine Sonde, die breiter als ein Pixel ist, verteilt ihre Dosis auf die Nachbarn.</translation>
        </message>
        <message>
            <source>Limit</source>
            <translation>Grenze</translation>
        </message>
        <message>
            <source>Probe</source>
            <translation>Sonde</translation>
        </message>
        <message>
            <source>Next point: %1 s, %2 e⁻/Å²</source>
            <translation>Nächster Punkt: %1 s, %2 e⁻/Å²</translation>
        </message>
        <message>
            <source>Next point: %1 s; its dose is not known before one is measured</source>
            <translation>Nächster Punkt: %1 s; seine Dosis ist erst bekannt, wenn einer gemessen ist</translation>
        </message>
        <message>
            <source>Rest of the budget: %1 points, %2 s</source>
            <translation>Rest des Budgets: %1 Punkte, %2 s</translation>
        </message>
        <message>
            <source>Most so far: %1 e⁻/Å²</source>
            <translation>Höchste bisher: %1 e⁻/Å²</translation>
        </message>
        <message>
            <source>▲ closed by the limit: %1 pixels</source>
            <translation>▲ durch die Grenze gesperrt: %1 Pixel</translation>
        </message>
        <message>
            <source>Limit reached in about %1 points</source>
            <translation>Grenze in etwa %1 Punkten erreicht</translation>
        </message>
    </context>
    <context>
        <name>helmscope::DrawBar</name>
        <message>
            <source>Drawing tools</source>
            <translation>Zeichenwerkzeuge</translation>
        </message>
        <message>
            <source>%1 (%2 on a map): %3</source>
            <translation>%1 (%2 auf einer Karte): %3</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Shapes that are drawn measure what is in them.</source>
            <translation>Gezeichnete Formen messen, was in ihnen liegt.</translation>
        </message>
        <message>
            <source>Forbid</source>
            <translation>Sperren</translation>
        </message>
        <message>
            <source>Where shapes are drawn the beam does not go, from the next step on.</source>
            <translation>Wo Formen gezeichnet sind, geht der Strahl ab dem nächsten Schritt nicht mehr hin.</translation>
        </message>
        <message>
            <source>Prefer</source>
            <translation>Bevorzugen</translation>
        </message>
        <message>
            <source>Where shapes are drawn the acquisition is raised, from the next step on.</source>
            <translation>Wo Formen gezeichnet sind, wird die Akquisition ab dem nächsten Schritt erhöht.</translation>
        </message>
        <message>
            <source>Release</source>
            <translation>Aufheben</translation>
        </message>
        <message>
            <source>Where shapes are drawn nothing is forbidden or preferred any more.</source>
            <translation>Wo Formen gezeichnet sind, ist nichts mehr gesperrt oder bevorzugt.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::EmbeddingPanel</name>
        <message>
            <source>Whether the search is trapped can be told from %1 steps of the model on.</source>
            <translation>Ob die Suche festsitzt, lässt sich ab %1 Schritten des Modells sagen.</translation>
        </message>
        <message>
            <source>%1 % of the last %2 steps beside an earlier one; way %3 × the typical</source>
            <translation>%1 % der letzten %2 Schritte neben einem früheren; Weg %3 × üblich</translation>
        </message>
        <message>
            <source>▲ The search is trapped: %1</source>
            <translation>▲ Die Suche sitzt fest: %1</translation>
        </message>
        <message>
            <source>✓ The search goes on: %1</source>
            <translation>✓ Die Suche kommt voran: %1</translation>
        </message>
        <message>
            <source>All patches of the image by likeness will appear here: open a sample.</source>
            <translation>Alle Ausschnitte des Bildes, nach Ähnlichkeit geordnet, erscheinen hier: Öffnen Sie eine Probe.</translation>
        </message>
        <message>
            <source>Trapped: at least half of the model's last steps lie within two pixels of one measured before, and they look alike (the way from one to the next is under a quarter of that between two patches at random). Another acquisition, or more exploration, helps.</source>
            <translation>Festgefahren: Mindestens die Hälfte der letzten Schritte des Modells liegt höchstens zwei Pixel neben einem früher gemessenen, und sie sehen sich ähnlich (der Weg von einem zum nächsten ist kürzer als ein Viertel dessen zwischen zwei zufälligen Ausschnitten). Eine andere Akquisition oder mehr Erkundung hilft.</translation>
        </message>
        <message>
            <source>A model with a network (a deep kernel) learns itself what makes two patches alike: its features are shown, and move while it learns. Other models have none of their own: ring features say what lies about the middle of a patch, whichever way it is turned.</source>
            <translation>Ein Modell mit einem Netz (ein tiefer Kern) lernt selbst, was zwei Ausschnitte ähnlich macht: Seine Merkmale werden gezeigt und bewegen sich, während es lernt. Andere Modelle haben keine eigenen: Ringmerkmale sagen, was um die Mitte eines Ausschnitts liegt, wie er auch gedreht ist.</translation>
        </message>
        <message>
            <source>The patches are being compared.</source>
            <translation>Die Ausschnitte werden verglichen.</translation>
        </message>
        <message>
            <source>Comparing the patches</source>
            <translation>Ausschnitte werden verglichen</translation>
        </message>
        <message>
            <source>By the features the network has learnt, after step %1</source>
            <translation>Nach den Merkmalen, die das Netz gelernt hat, nach Schritt %1</translation>
        </message>
        <message>
            <source>By ring features of the patches</source>
            <translation>Nach Ringmerkmalen der Ausschnitte</translation>
        </message>
    </context>
    <context>
        <name>helmscope::EmbeddingView</name>
        <message>
            <source>Patches by likeness</source>
            <translation>Ausschnitte nach Ähnlichkeit</translation>
        </message>
        <message>
            <source>Each point is a patch of the image; those that look alike lie together. Coloured by what the model expects there; the line is the path of the run, the ring its newest step, the double ring the next. A click pins the pixel on the maps; arrows go to the nearest point on that side.</source>
            <translation>Jeder Punkt ist ein Ausschnitt des Bildes; ähnliche liegen beieinander. Die Farbe zeigt, was das Modell dort erwartet; die Linie ist der Weg des Laufs, der Ring sein neuester Schritt, der Doppelring der nächste. Ein Klick heftet den Cursor auf den Karten an dieses Pixel; Pfeiltasten gehen zum nächstgelegenen Punkt auf der jeweiligen Seite.</translation>
        </message>
        <message>
            <source>row %1, column %2</source>
            <translation>Zeile %1, Spalte %2</translation>
        </message>
    </context>
    <context>
        <name>helmscope::FftWindow</name>
        <message>
            <source>whole map</source>
            <translation>ganze Karte</translation>
        </message>
        <message>
            <source>FFT: %1</source>
            <translation>FFT: %1</translation>
        </message>
        <message>
            <source>FFT of %1</source>
            <translation>FFT von %1</translation>
        </message>
        <message>
            <source>The transform will appear here.</source>
            <translation>Die Transformierte erscheint hier.</translation>
        </message>
        <message>
            <source>Hann window</source>
            <translation>Hann-Fenster</translation>
        </message>
        <message>
            <source>Blackman window</source>
            <translation>Blackman-Fenster</translation>
        </message>
        <message>
            <source>No window</source>
            <translation>Kein Fenster</translation>
        </message>
        <message>
            <source>Window function</source>
            <translation>Fensterfunktion</translation>
        </message>
        <message>
            <source>What the part is multiplied with, so that its edges leave no cross. Blackman: weaker traces, wider spots.</source>
            <translation>Womit der Ausschnitt multipliziert wird, damit seine Ränder kein Kreuz hinterlassen. Blackman: schwächere Spuren, breitere Flecken.</translation>
        </message>
        <message>
            <source>Move over a spot to read its spacing.</source>
            <translation>Zeigen Sie auf einen Fleck, um seinen Abstand abzulesen.</translation>
        </message>
        <message>
            <source>Transforming</source>
            <translation>Transformation läuft</translation>
        </message>
        <message>
            <source>The middle: no spacing.</source>
            <translation>Die Mitte: kein Abstand.</translation>
        </message>
        <message>
            <source>d = %1 %2 · %3 %2⁻¹ · %4°</source>
            <translation>d = %1 %2 · %3 %2⁻¹ · %4°</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ForeignDialog</name>
        <message>
            <source>Open: which method?</source>
            <translation>Öffnen: welche Methode?</translation>
        </message>
        <message>
            <source>%1 holds runs that another program recorded, one for each method. Their paths and values can be shown; no maps came with them.</source>
            <translation>%1 enthält Läufe, die ein anderes Programm aufgezeichnet hat, je Methode einen. Ihre Wege und Werte lassen sich zeigen; Karten sind nicht dabei.</translation>
        </message>
        <message>
            <source>Methods</source>
            <translation>Methoden</translation>
        </message>
        <message>
            <source>%1 (%2 steps)</source>
            <translation>%1 (%2 Schritte)</translation>
        </message>
        <message>
            <source>Compare them all</source>
            <translation>Alle vergleichen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Graphics</name>
        <message>
            <source>Pick %1</source>
            <translation>Auswahl %1</translation>
        </message>
        <message>
            <source>Rectangle %1</source>
            <translation>Rechteck %1</translation>
        </message>
        <message>
            <source>Ellipse %1</source>
            <translation>Ellipse %1</translation>
        </message>
        <message>
            <source>Polygon %1</source>
            <translation>Polygon %1</translation>
        </message>
        <message>
            <source>Profile %1</source>
            <translation>Profil %1</translation>
        </message>
        <message>
            <source>Draw %1</source>
            <translation>%1 zeichnen</translation>
        </message>
        <message>
            <source>Change %1</source>
            <translation>%1 ändern</translation>
        </message>
        <message>
            <source>Delete %1</source>
            <translation>%1 löschen</translation>
        </message>
        <message>
            <source>Hand</source>
            <translation>Hand</translation>
        </message>
        <message>
            <source>Drag moves the map, a click pins the cursor.</source>
            <translation>Ziehen verschiebt die Karte, ein Klick heftet den Cursor an.</translation>
        </message>
        <message>
            <source>Zoom</source>
            <translation>Zoom</translation>
        </message>
        <message>
            <source>Drag a frame to fill the view, click to enlarge.</source>
            <translation>Einen Rahmen ziehen, um die Ansicht damit zu füllen; klicken, um zu vergrößern.</translation>
        </message>
        <message>
            <source>Pick</source>
            <translation>Auswahl</translation>
        </message>
        <message>
            <source>Drag a frame: the mean of the spectra measured in it.</source>
            <translation>Einen Rahmen ziehen: der Mittelwert der darin gemessenen Spektren.</translation>
        </message>
        <message>
            <source>Rectangle</source>
            <translation>Rechteck</translation>
        </message>
        <message>
            <source>Drag a rectangle.</source>
            <translation>Ein Rechteck ziehen.</translation>
        </message>
        <message>
            <source>Ellipse</source>
            <translation>Ellipse</translation>
        </message>
        <message>
            <source>Drag the frame of an ellipse.</source>
            <translation>Den Rahmen einer Ellipse ziehen.</translation>
        </message>
        <message>
            <source>Polygon</source>
            <translation>Polygon</translation>
        </message>
        <message>
            <source>Click its corners; a double click, or Enter twice, ends it.</source>
            <translation>Die Ecken anklicken; ein Doppelklick oder zweimal die Eingabetaste schließt ab.</translation>
        </message>
        <message>
            <source>Line profile</source>
            <translation>Linienprofil</translation>
        </message>
        <message>
            <source>Drag a line; its width is averaged, drag the handle beside it.</source>
            <translation>Eine Linie ziehen; über ihre Breite wird gemittelt, der Griff daneben stellt sie ein.</translation>
        </message>
        <message>
            <source>Brush</source>
            <translation>Pinsel</translation>
        </message>
        <message>
            <source>Paint what is forbidden or preferred.</source>
            <translation>Malen, was gesperrt oder bevorzugt ist.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::HeatingDialog</name>
        <message>
            <source>Heating</source>
            <translation>Erwärmung</translation>
        </message>
        <message>
            <source>A dwell heats and charges the sample around. Soon after it a place nearby is worth less, so that the beam goes elsewhere first. It holds from the next step on, also of a run that is going on.</source>
            <translation>Eine Verweilzeit erwärmt und lädt die Probe ringsum. Kurz danach ist ein Ort in der Nähe weniger wert, damit der Strahl zuerst anderswohin geht. Es gilt vom nächsten Schritt an, auch in einem laufenden Lauf.</translation>
        </message>
        <message>
            <source>Worth less by at most</source>
            <translation>Weniger wert um höchstens</translation>
        </message>
        <message>
            <source> %</source>
            <translation> %</translation>
        </message>
        <message>
            <source>What the place of the last dwell itself loses of its worth. 100 %: it is worth as little as any place. 0: off.</source>
            <translation>Was der Ort der letzten Messung selbst von seinem Wert verliert. 100 %: Er ist so wenig wert wie der geringste Ort. 0: aus.</translation>
        </message>
        <message>
            <source>off</source>
            <translation>aus</translation>
        </message>
        <message>
            <source>Radius of the spot</source>
            <translation>Radius des Flecks</translation>
        </message>
        <message>
            <source> pixels</source>
            <translation> Pixel</translation>
        </message>
        <message>
            <source>Standard deviation of the heated spot, in pixels of the scan: at this distance a place loses 61 % of that, at twice of it 14 %.</source>
            <translation>Standardabweichung des erwärmten Flecks, in Pixeln des Rasters: In diesem Abstand verliert ein Ort 61 % davon, im doppelten 14 %.</translation>
        </message>
        <message>
            <source>Recovers in</source>
            <translation>Erholt sich in</translation>
        </message>
        <message>
            <source> s</source>
            <translation> s</translation>
        </message>
        <message>
            <source>After this time a spot is only 37 % as hot (1/e).</source>
            <translation>Nach dieser Zeit ist ein Fleck nur noch 37 % so warm (1/e).</translation>
        </message>
        <message>
            <source>Between two dwells</source>
            <translation>Zwischen zwei Messungen</translation>
        </message>
        <message>
            <source>How long the beam is elsewhere or blanked from one dwell to the next, about: the time it takes to learn and to move. The run counts dwells and this time instead of looking at a clock, so that it can be done again.</source>
            <translation>Wie lange der Strahl von einer Messung zur nächsten etwa anderswo oder ausgetastet ist: die Zeit zum Lernen und Bewegen. Der Lauf zählt Verweilzeiten und diese Zeit, statt auf eine Uhr zu sehen, damit er sich wiederholen lässt.</translation>
        </message>
        <message>
            <source>Off: how long ago the beam was nearby does not matter.</source>
            <translation>Aus: Wie lange es her ist, dass der Strahl in der Nähe war, spielt keine Rolle.</translation>
        </message>
        <message>
            <source>At the next step the pixel beside the last one is worth %1 % less, ten steps later %2 % less.</source>
            <translation>Beim nächsten Schritt ist das Pixel neben dem letzten %1 % weniger wert, zehn Schritte später %2 % weniger.</translation>
        </message>
        <message>
            <source>The spot's radius is %1 nm.</source>
            <translation>Der Radius des Flecks ist %1 nm.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Helm</name>
        <message>
            <source>%1 is going on: stop it before another run begins.</source>
            <translation>%1 ist im Gang: Halten Sie diesen Lauf an, bevor ein anderer beginnt.</translation>
        </message>
        <message>
            <source>Steering</source>
            <translation>Steuerung</translation>
        </message>
        <message>
            <source>Paused: %1</source>
            <translation>Pause: %1</translation>
        </message>
        <message>
            <source>%1: %2</source>
            <translation>%1: %2</translation>
        </message>
        <message>
            <source>Step %1: %2</source>
            <translation>Schritt %1: %2</translation>
        </message>
        <message>
            <source>Aborted by the operator.</source>
            <translation>Vom Bediener abgebrochen.</translation>
        </message>
        <message>
            <source>Keeping a mark</source>
            <translation>Marke wird gespeichert</translation>
        </message>
        <message>
            <source>Opening %1</source>
            <translation>%1 wird geöffnet</translation>
        </message>
        <message>
            <source>Opening %1 files</source>
            <translation>%1 Dateien werden geöffnet</translation>
        </message>
        <message>
            <source>Opening run %1</source>
            <translation>Lauf %1 wird geöffnet</translation>
        </message>
        <message>
            <source>Survey at %1</source>
            <translation>Übersichtsaufnahme an %1</translation>
        </message>
        <message>
            <source>Making the simulated sample</source>
            <translation>Simulierte Probe wird erzeugt</translation>
        </message>
        <message>
            <source>Opening again what was open</source>
            <translation>Zuletzt Geöffnetes wird wieder geöffnet</translation>
        </message>
        <message>
            <source>%1 is no run.</source>
            <translation>%1 ist kein Lauf.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::HistoryDetails</name>
        <message>
            <source>Select a version: here is then what it changed.</source>
            <translation>Wählen Sie eine Version: Hier steht dann, was sie geändert hat.</translation>
        </message>
        <message>
            <source>Version</source>
            <translation>Version</translation>
        </message>
        <message>
            <source>What changed</source>
            <translation>Was sich geändert hat</translation>
        </message>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>Deviation</source>
            <translation>Standardabweichung</translation>
        </message>
        <message>
            <source>What this version changed</source>
            <translation>Was diese Version geändert hat</translation>
        </message>
        <message>
            <source>&amp;Open run</source>
            <translation>Lauf ö&amp;ffnen</translation>
        </message>
        <message>
            <source>Shows the run as it now is in the workspace. (Enter in the list)</source>
            <translation>Zeigt den Lauf, wie er jetzt im Arbeitsbereich ist. (Eingabetaste in der Liste)</translation>
        </message>
        <message>
            <source>&amp;Restore run as it was</source>
            <translation>Lauf wiederhe&amp;rstellen, wie er war</translation>
        </message>
        <message>
            <source>Puts the run's files back as this version has them; what is there now stays beside it.</source>
            <translation>Legt die Dateien des Laufs so zurück, wie diese Version sie hat; was jetzt dort steht, bleibt daneben.</translation>
        </message>
        <message>
            <source>&amp;Keep…</source>
            <translation>&amp;Benennen …</translation>
        </message>
        <message>
            <source>Gives this version a name (a tag of git).</source>
            <translation>Gibt dieser Version einen Namen (ein Tag in git).</translation>
        </message>
        <message>
            <source>Remove &amp;tag</source>
            <translation>&amp;Tag entfernen</translation>
        </message>
        <message>
            <source>Takes the name away again; the version stays.</source>
            <translation>Nimmt den Namen wieder weg; die Version bleibt.</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Lauf</translation>
        </message>
        <message>
            <source>Which of the runs that this version changed.</source>
            <translation>Welcher der Läufe, die diese Version geändert hat.</translation>
        </message>
        <message>
            <source>Name to keep it under</source>
            <translation>Name, unter dem sie bewahrt wird</translation>
        </message>
        <message>
            <source>A name, e.g. figure-2</source>
            <translation>Ein Name, z. B. figure-2</translation>
        </message>
        <message>
            <source>Enter keeps the version under this name, Esc does not.</source>
            <translation>Die Eingabetaste bewahrt die Version unter diesem Namen, Esc nicht.</translation>
        </message>
        <message>
            <source>Kee&amp;p</source>
            <translation>Be&amp;wahren</translation>
        </message>
        <message>
            <source>Keeps this version under this name.</source>
            <translation>Bewahrt diese Version unter diesem Namen.</translation>
        </message>
        <message>
            <source>%1, %2 · version %3</source>
            <comment>author, time, hash</comment>
            <translation>%1, %2 · Version %3</translation>
        </message>
        <message>
            <source>Reading what changed…</source>
            <translation>Änderungen werden gelesen …</translation>
        </message>
        <message>
            <source>Run %1 at its step %2: %3.</source>
            <translation>Lauf %1 bei seinem Schritt %2: %3.</translation>
        </message>
        <message>
            <source>Kept as</source>
            <translation>Bewahrt als</translation>
        </message>
        <message>
            <source>Files</source>
            <translation>Dateien</translation>
        </message>
        <message>
            <source>new</source>
            <translation>neu</translation>
        </message>
        <message>
            <source>removed</source>
            <translation>entfernt</translation>
        </message>
        <message>
            <source>changed</source>
            <translation>geändert</translation>
        </message>
        <message>
            <source>and %1 more</source>
            <translation>und %1 weitere</translation>
        </message>
    </context>
    <context>
        <name>helmscope::HistoryModel</name>
        <message>
            <source>What happened</source>
            <translation>Was geschah</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Lauf</translation>
        </message>
        <message>
            <source>Who</source>
            <translation>Wer</translation>
        </message>
        <message>
            <source>When</source>
            <translation>Wann</translation>
        </message>
    </context>
    <context>
        <name>helmscope::HistoryWindow</name>
        <message>
            <source>%1 – History – Helmscope</source>
            <translation>%1 – Verlauf – Helmscope</translation>
        </message>
        <message>
            <source>Reading the history</source>
            <translation>Verlauf wird gelesen</translation>
        </message>
        <message>
            <source>Searching</source>
            <translation>Suche läuft</translation>
        </message>
        <message>
            <source>%L1 versions</source>
            <translation>%L1 Versionen</translation>
        </message>
        <message>
            <source>%L1 versions…</source>
            <translation>%L1 Versionen …</translation>
        </message>
        <message>
            <source>%L1 of %L2</source>
            <translation>%L1 von %L2</translation>
        </message>
        <message>
            <source>1 version</source>
            <translation>1 Version</translation>
        </message>
        <message>
            <source>%1 has no history yet. The first run that is recorded in it makes its first version.</source>
            <translation>%1 hat noch keinen Verlauf. Der erste Lauf, der darin aufgezeichnet wird, ergibt die erste Version.</translation>
        </message>
        <message>
            <source>No version holds '%1'. The search looks through messages, runs, people, branches and tags; Esc takes it back.</source>
            <translation>Keine Version enthält „%1“. Die Suche geht durch Nachrichten, Läufe, Personen, Zweige und Tags; Esc nimmt sie zurück.</translation>
        </message>
        <message>
            <source>Nothing is selected.</source>
            <translation>Nichts ist ausgewählt.</translation>
        </message>
        <message>
            <source>Reading a version</source>
            <translation>Version wird gelesen</translation>
        </message>
        <message>
            <source>Reading run %1</source>
            <translation>Lauf %1 wird gelesen</translation>
        </message>
        <message>
            <source>Search: words, a run, a person, a tag</source>
            <translation>Suche: Wörter, ein Lauf, eine Person, ein Tag</translation>
        </message>
        <message>
            <source>Search</source>
            <translation>Suche</translation>
        </message>
        <message>
            <source>Shows only versions whose message, run, author, branch, tag or number hold all of these words. (Ctrl+F)</source>
            <translation>Zeigt nur Versionen, deren Nachricht, Lauf, Autor, Zweig, Tag oder Nummer alle diese Wörter enthält. (Strg+F)</translation>
        </message>
        <message>
            <source>How many versions are shown</source>
            <translation>Wie viele Versionen gezeigt werden</translation>
        </message>
        <message>
            <source>Versions</source>
            <translation>Versionen</translation>
        </message>
        <message>
            <source>Reading the history…</source>
            <translation>Verlauf wird gelesen …</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>&amp;Read again</source>
            <translation>Neu &amp;lesen</translation>
        </message>
        <message>
            <source>Save a &amp;picture of the window…</source>
            <translation>Bi&amp;ld des Fensters speichern …</translation>
        </message>
        <message>
            <source>&amp;Close</source>
            <translation>S&amp;chließen</translation>
        </message>
        <message>
            <source>&amp;History</source>
            <translation>&amp;Verlauf</translation>
        </message>
        <message>
            <source>&amp;Search</source>
            <translation>&amp;Suchen</translation>
        </message>
        <message>
            <source>&amp;Open run</source>
            <translation>Lauf ö&amp;ffnen</translation>
        </message>
        <message>
            <source>Keeping %1</source>
            <translation>%1 wird bewahrt</translation>
        </message>
        <message>
            <source>Kept in Helmscope as %1</source>
            <translation>In Helmscope bewahrt als %1</translation>
        </message>
        <message>
            <source>Removing %1</source>
            <translation>%1 wird entfernt</translation>
        </message>
        <message>
            <source>The history could not be read; F5 tries again.</source>
            <translation>Der Verlauf konnte nicht gelesen werden; F5 versucht es erneut.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::InstrumentsWindow</name>
        <message>
            <source>Replay of %1</source>
            <translation>Wiedergabe von %1</translation>
        </message>
        <message>
            <source>Simulated microscope</source>
            <translation>Simuliertes Mikroskop</translation>
        </message>
        <message>
            <source>Instruments – Helmscope</source>
            <translation>Instrumente – Helmscope</translation>
        </message>
        <message>
            <source>Known instruments</source>
            <translation>Bekannte Instrumente</translation>
        </message>
        <message>
            <source>HOST:PORT, or pyro://HOST:PORT …</source>
            <translation>HOST:PORT oder pyro://HOST:PORT …</translation>
        </message>
        <message>
            <source>Address of an instrument</source>
            <translation>Adresse eines Instruments</translation>
        </message>
        <message>
            <source>HOST:PORT for a server of Helmscope's protocol; dtmicroscope://, asyncroscopy:// and pyro:// before it for those of others.</source>
            <translation>HOST:PORT für einen Server mit Helmscopes Protokoll; dtmicroscope://, asyncroscopy:// und pyro:// davor für die anderen.</translation>
        </message>
        <message>
            <source>&amp;Add</source>
            <translation>&amp;Hinzufügen</translation>
        </message>
        <message>
            <source>&amp;Token…</source>
            <translation>&amp;Token …</translation>
        </message>
        <message>
            <source>Kept in a file that only you can read, never in a plan or a log.</source>
            <translation>Wird in einer Datei aufbewahrt, die nur Sie lesen können, nie in einem Plan oder Protokoll.</translation>
        </message>
        <message>
            <source>&amp;Forget</source>
            <translation>&amp;Vergessen</translation>
        </message>
        <message>
            <source>What it can do</source>
            <translation>Was es kann</translation>
        </message>
        <message>
            <source>It can</source>
            <translation>Funktion</translation>
        </message>
        <message>
            <source>Detail</source>
            <translation>Einzelheit</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Tested against the protocol, not against hardware.</source>
            <translation>Gegen das Protokoll geprüft, nicht an Hardware.</translation>
        </message>
        <message>
            <source>Position of the stage</source>
            <translation>Stellung des Tisches</translation>
        </message>
        <message>
            <source>M&amp;ove the stage…</source>
            <translation>&amp;Tisch bewegen …</translation>
        </message>
        <message>
            <source>Asks where to; nothing moves before it is confirmed.</source>
            <translation>Fragt, wohin; nichts bewegt sich, bevor es bestätigt ist.</translation>
        </message>
        <message>
            <source>Preview</source>
            <translation>Vorschau</translation>
        </message>
        <message>
            <source>A survey image appears here: press Preview.</source>
            <translation>Hier erscheint ein Übersichtsbild: „Vorschau“ drücken.</translation>
        </message>
        <message>
            <source>Click into the image, then press Acquire.</source>
            <translation>Ins Bild klicken, dann „Aufnehmen“ drücken.</translation>
        </message>
        <message>
            <source>&amp;Preview</source>
            <translation>V&amp;orschau</translation>
        </message>
        <message>
            <source>&amp;Live</source>
            <translation>&amp;Live</translation>
        </message>
        <message>
            <source>Takes one image after another; each exposes the whole field.</source>
            <translation>Nimmt ein Bild nach dem anderen auf; jedes belichtet das ganze Feld.</translation>
        </message>
        <message>
            <source> s</source>
            <translation> s</translation>
        </message>
        <message>
            <source>Dwell</source>
            <translation>Verweilzeit</translation>
        </message>
        <message>
            <source>A&amp;cquire</source>
            <translation>Auf&amp;nehmen</translation>
        </message>
        <message>
            <source>Cost</source>
            <translation>Kosten</translation>
        </message>
        <message>
            <source>&amp;Steer here</source>
            <translation>Hier &amp;steuern</translation>
        </message>
        <message>
            <source>Takes its survey image in the console, ready for a run.</source>
            <translation>Nimmt sein Übersichtsbild in die Konsole, bereit für einen Lauf.</translation>
        </message>
        <message>
            <source>Allow a&amp;gain</source>
            <translation>Wieder &amp;zulassen</translation>
        </message>
        <message>
            <source>ABORT</source>
            <translation>ABBRUCH</translation>
        </message>
        <message>
            <source>Blanks the beam at once, whatever is going on and whoever does it.</source>
            <translation>Tastet den Strahl sofort aus, was immer läuft und wer immer es tut.</translation>
        </message>
        <message>
            <source>Token of %1</source>
            <translation>Token von %1</translation>
        </message>
        <message>
            <source>The token its server asks for (empty: forget it):</source>
            <translation>Das Token, nach dem der Server fragt (leer: vergessen):</translation>
        </message>
        <message>
            <source>Something is going on: abort it, or wait for its end.</source>
            <translation>Es läuft gerade etwas: Brechen Sie es ab, oder warten Sie, bis es endet.</translation>
        </message>
        <message>
            <source>Connecting</source>
            <translation>Verbindung wird hergestellt</translation>
        </message>
        <message>
            <source>Leaving</source>
            <translation>Verbindung wird getrennt</translation>
        </message>
        <message>
            <source>yes</source>
            <translation>ja</translation>
        </message>
        <message>
            <source>no</source>
            <translation>nein</translation>
        </message>
        <message>
            <source>Stage: %1</source>
            <translation>Tisch: %1</translation>
        </message>
        <message>
            <source>Connecting…</source>
            <translation>Verbindung wird hergestellt …</translation>
        </message>
        <message>
            <source>Choose an instrument, or add one by its address.</source>
            <translation>Wählen Sie ein Instrument, oder fügen Sie eines mit seiner Adresse hinzu.</translation>
        </message>
        <message>
            <source>costs %1 s and %2 e⁻/Å²</source>
            <translation>kostet %1 s und %2 e⁻/Å²</translation>
        </message>
        <message>
            <source>costs %1 s; dose not known before</source>
            <translation>kostet %1 s; Dosis vorher nicht bekannt</translation>
        </message>
        <message>
            <source>Preview: %1</source>
            <translation>Vorschau: %1</translation>
        </message>
        <message>
            <source>Acquire</source>
            <translation>Aufnehmen</translation>
        </message>
        <message>
            <source>row %1, column %2</source>
            <translation>Zeile %1, Spalte %2</translation>
        </message>
        <message>
            <source>%1: value %2</source>
            <translation>%1: Wert %2</translation>
        </message>
        <message>
            <source>Moving the stage</source>
            <translation>Bewegen des Tisches</translation>
        </message>
        <message>
            <source>The stage has moved: press Preview.</source>
            <translation>Der Tisch hat sich bewegt: Drücken Sie Vorschau.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Jobs</name>
        <message>
            <source>There is not enough memory for this.</source>
            <translation>Der Speicher reicht dafür nicht aus.</translation>
        </message>
        <message>
            <source>Something failed that gave no reason.</source>
            <translation>Etwas ist ohne Angabe eines Grundes fehlgeschlagen.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::JobsPanel</name>
        <message>
            <source>Jobs</source>
            <translation>Aufträge</translation>
        </message>
        <message>
            <source>Everything that is going on, waits or has failed, until it is dismissed.</source>
            <translation>Alles, was läuft, wartet oder fehlgeschlagen ist, bis es ausgeblendet wird.</translation>
        </message>
        <message>
            <source>Dismiss all</source>
            <translation>Alle ausblenden</translation>
        </message>
        <message>
            <source>Takes everything that failed off this list.</source>
            <translation>Nimmt alles Fehlgeschlagene aus dieser Liste.</translation>
        </message>
        <message>
            <source>waits: %1</source>
            <translation>wartet: %1</translation>
        </message>
        <message>
            <source>Nothing is going on, and nothing has failed.</source>
            <translation>Nichts läuft, und nichts ist fehlgeschlagen.</translation>
        </message>
        <message>
            <source>Progress of %1</source>
            <translation>Fortschritt: %1</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Cancel %1</source>
            <translation>Abbrechen: %1</translation>
        </message>
        <message>
            <source>Ends this job; what it has done so far is kept where that makes sense.</source>
            <translation>Beendet diesen Auftrag; das bisher Erreichte bleibt erhalten, wo das sinnvoll ist.</translation>
        </message>
        <message>
            <source>ends…</source>
            <translation>endet …</translation>
        </message>
        <message>
            <source>%1 left</source>
            <translation>noch %1</translation>
        </message>
        <message>
            <source>%1 failed. %2</source>
            <translation>%1: fehlgeschlagen. %2</translation>
        </message>
        <message>
            <source>What failed, why, and what can be done about it.</source>
            <translation>Was fehlgeschlagen ist, warum und was sich dagegen tun lässt.</translation>
        </message>
        <message>
            <source>Dismiss: %1</source>
            <translation>Ausblenden: %1</translation>
        </message>
        <message>
            <source>Takes this off the list.</source>
            <translation>Nimmt dies aus der Liste.</translation>
        </message>
        <message>
            <source>1 job</source>
            <translation>1 Auftrag</translation>
        </message>
        <message>
            <source>%1 jobs</source>
            <translation>%1 Aufträge</translation>
        </message>
        <message>
            <source>1 failed</source>
            <translation>1 fehlgeschlagen</translation>
        </message>
        <message>
            <source>%1 failed</source>
            <translation>%1 fehlgeschlagen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Layouts</name>
        <message>
            <source>Steer</source>
            <translation>Steuern</translation>
        </message>
        <message>
            <source>Review</source>
            <translation>Auswerten</translation>
        </message>
        <message>
            <source>Lineage</source>
            <translation>Herkunft</translation>
        </message>
        <message>
            <source>Compare</source>
            <translation>Vergleichen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageComparisonModel</name>
        <message>
            <source>%1 (%2)</source>
            <comment>name (hash)</comment>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>parameter</source>
            <translation>Parameter</translation>
        </message>
        <message>
            <source>metric</source>
            <translation>Metrik</translation>
        </message>
        <message>
            <source>input</source>
            <translation>Eingang</translation>
        </message>
        <message>
            <source>output</source>
            <translation>Ausgang</translation>
        </message>
        <message>
            <source>noted by CMF</source>
            <translation>von CMF vermerkt</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>What</source>
            <translation>Was</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageDetails</name>
        <message>
            <source>Select a node in the graph or a row of a table: here is then all that is known of it.</source>
            <translation>Wählen Sie einen Knoten im Graphen oder eine Zeile einer Tabelle: Hier steht dann alles, was darüber bekannt ist.</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Copies the whole hash.</source>
            <translation>Kopiert den ganzen Hash.</translation>
        </message>
        <message>
            <source>Copy the hash</source>
            <translation>Hash kopieren</translation>
        </message>
        <message>
            <source>What it was made from and led to</source>
            <translation>Woraus es entstand und wozu es führte</translation>
        </message>
        <message>
            <source>Properties</source>
            <translation>Eigenschaften</translation>
        </message>
        <message>
            <source>Inputs</source>
            <translation>Eingänge</translation>
        </message>
        <message>
            <source>Outputs</source>
            <translation>Ausgänge</translation>
        </message>
        <message>
            <source>Made by</source>
            <translation>Erzeugt von</translation>
        </message>
        <message>
            <source>Used by</source>
            <translation>Verwendet von</translation>
        </message>
        <message>
            <source>and %1 more</source>
            <translation>und %1 weitere</translation>
        </message>
        <message>
            <source>%1 in %2</source>
            <comment>type, stages</comment>
            <translation>%1 in %2</translation>
        </message>
        <message>
            <source>%1, of %2</source>
            <comment>type and stages, stores</comment>
            <translation>%1, aus %2</translation>
        </message>
        <message>
            <source>content %1</source>
            <translation>Inhalt %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageFilter</name>
        <message>
            <source>Filter</source>
            <translation>Filter</translation>
        </message>
        <message>
            <source>Without a pipeline</source>
            <translation>Ohne Pipeline</translation>
        </message>
        <message>
            <source>Types of executions</source>
            <translation>Typen von Ausführungen</translation>
        </message>
        <message>
            <source>Types of artifacts</source>
            <translation>Typen von Artefakten</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>unbekannt</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageNodeModel</name>
        <message>
            <source>Property '%1'</source>
            <translation>Eigenschaft „%1“</translation>
        </message>
        <message>
            <source>Execution</source>
            <translation>Ausführung</translation>
        </message>
        <message>
            <source>Artifact</source>
            <translation>Artefakt</translation>
        </message>
        <message>
            <source>Type</source>
            <translation>Typ</translation>
        </message>
        <message>
            <source>Stage</source>
            <translation>Stufe</translation>
        </message>
        <message>
            <source>Created</source>
            <translation>Erstellt</translation>
        </message>
        <message>
            <source>Id</source>
            <translation>Id</translation>
        </message>
        <message>
            <source>Inputs</source>
            <translation>Eingänge</translation>
        </message>
        <message>
            <source>Made by</source>
            <translation>Erzeugt von</translation>
        </message>
        <message>
            <source>Outputs</source>
            <translation>Ausgänge</translation>
        </message>
        <message>
            <source>Used by</source>
            <translation>Verwendet von</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineagePanel</name>
        <message>
            <source>Back</source>
            <translation>Zurück</translation>
        </message>
        <message>
            <source>Back to what was shown before.</source>
            <translation>Zurück zu dem, was vorher gezeigt wurde.</translation>
        </message>
        <message>
            <source>Fit</source>
            <translation>Einpassen</translation>
        </message>
        <message>
            <source>Shows all of it.</source>
            <translation>Zeigt alles.</translation>
        </message>
        <message>
            <source>depth </source>
            <translation>Tiefe </translation>
        </message>
        <message>
            <source>Depth of the lineage</source>
            <translation>Tiefe der Herkunft</translation>
        </message>
        <message>
            <source>How many edges beyond the run are shown, and how many around the step are drawn one by one. From an execution to the next it takes two.</source>
            <translation>Wie viele Kanten über den Lauf hinaus gezeigt und wie viele um den Schritt herum einzeln gezeichnet werden. Von einer Ausführung zur nächsten sind es zwei.</translation>
        </message>
        <message>
            <source>Whole lineage</source>
            <translation>Ganze Herkunft</translation>
        </message>
        <message>
            <source>Opens the lineage of the workspace in a window of its own, at the node that is selected: to search, filter, compare, export.</source>
            <translation>Öffnet die Herkunft des Arbeitsbereichs in einem eigenen Fenster, beim gewählten Knoten: zum Suchen, Filtern, Vergleichen, Exportieren.</translation>
        </message>
        <message>
            <source>The lineage is being read.</source>
            <translation>Die Herkunft wird gelesen.</translation>
        </message>
        <message>
            <source>Reading the lineage of run %1</source>
            <translation>Herkunft von Lauf %1 wird gelesen</translation>
        </message>
        <message>
            <source>What the run was made from and what came of it will appear here: press Run, or open a run that was recorded in a workspace.</source>
            <translation>Woraus der Lauf entstand und was aus ihm wurde, erscheint hier: „Lauf“ drücken, oder einen Lauf öffnen, der in einem Arbeitsbereich aufgezeichnet wurde.</translation>
        </message>
        <message>
            <source>This run is in a file of its own and has no lineage: open a workspace with File, Open a workspace, and the runs recorded there have one.</source>
            <translation>Dieser Lauf liegt in einer eigenen Datei und hat keine Herkunft: Öffnen Sie einen Arbeitsbereich mit Datei, Arbeitsbereich öffnen; die dort aufgezeichneten Läufe haben eine.</translation>
        </message>
        <message>
            <source>Nothing is written of this run yet: its lineage appears here a few seconds after the first step.</source>
            <translation>Von diesem Lauf ist noch nichts geschrieben: Seine Herkunft erscheint hier einige Sekunden nach dem ersten Schritt.</translation>
        </message>
        <message>
            <source>The lineage of this workspace does not know run %1: open the workspace once more with File, Open a workspace, which makes it from the run's files.</source>
            <translation>Die Herkunft dieses Arbeitsbereichs kennt Lauf %1 nicht: Öffnen Sie den Arbeitsbereich noch einmal mit Datei, Arbeitsbereich öffnen; dabei entsteht sie aus den Dateien des Laufs.</translation>
        </message>
        <message>
            <source>⚠ %1</source>
            <translation>⚠ %1</translation>
        </message>
        <message>
            <source>Step %1 follows in a few seconds</source>
            <translation>Schritt %1 folgt in wenigen Sekunden</translation>
        </message>
        <message>
            <source>Step %1 is not in the lineage</source>
            <translation>Schritt %1 ist nicht in der Herkunft</translation>
        </message>
        <message>
            <source>content %1</source>
            <translation>Inhalt %1</translation>
        </message>
        <message>
            <source>Click a box: what it came from and what came of it is lit.</source>
            <translation>Klicken Sie auf einen Kasten: Woher er kam und was aus ihm wurde, leuchtet auf.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineagePropertyModel</name>
        <message>
            <source>Type</source>
            <translation>Typ</translation>
        </message>
        <message>
            <source>Id</source>
            <translation>Id</translation>
        </message>
        <message>
            <source>Pipeline</source>
            <translation>Pipeline</translation>
        </message>
        <message>
            <source>Created</source>
            <translation>Erstellt</translation>
        </message>
        <message>
            <source>Changed</source>
            <translation>Geändert</translation>
        </message>
        <message>
            <source>real</source>
            <translation>reell</translation>
        </message>
        <message>
            <source>integer</source>
            <translation>ganzzahlig</translation>
        </message>
        <message>
            <source>boolean</source>
            <translation>boolesch</translation>
        </message>
        <message>
            <source>bytes</source>
            <translation>Bytes</translation>
        </message>
        <message>
            <source>number, as text</source>
            <translation>Zahl, als Text</translation>
        </message>
        <message>
            <source>text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>Property</source>
            <translation>Eigenschaft</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Wert</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageScene</name>
        <message>
            <source>Drawing</source>
            <translation>Zeichnen</translation>
        </message>
        <message>
            <source>Reading pictures</source>
            <translation>Bilder werden gelesen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageTables</name>
        <message>
            <source>Executions</source>
            <translation>Ausführungen</translation>
        </message>
        <message>
            <source>Artifacts</source>
            <translation>Artefakte</translation>
        </message>
        <message>
            <source>Comparison</source>
            <translation>Vergleich</translation>
        </message>
        <message>
            <source>Sweep</source>
            <translation>Parameterstudie</translation>
        </message>
        <message>
            <source>Select two or more executions in their table (Ctrl+click), then Compare: what differs comes first.</source>
            <translation>Wählen Sie zwei oder mehr Ausführungen in ihrer Tabelle (Strg+Klick), dann „Vergleichen“: Was sich unterscheidet, steht oben.</translation>
        </message>
        <message>
            <source>Nothing differs but what CMF notes by itself.</source>
            <translation>Nichts unterscheidet sich außer dem, was CMF selbst vermerkt.</translation>
        </message>
        <message>
            <source>What differs is in bold and comes first: %1 of %2 rows. What CMF notes by itself comes last.</source>
            <translation>Was sich unterscheidet, ist fett und steht oben: %1 von %2 Zeilen. Was CMF selbst vermerkt, steht unten.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageView</name>
        <message>
            <source>Lineage graph</source>
            <translation>Herkunftsgraph</translation>
        </message>
        <message>
            <source>Open a lineage store to see what was made from what.</source>
            <translation>Öffnen Sie einen Herkunftsspeicher, um zu sehen, was woraus entstand.</translation>
        </message>
        <message>
            <source>double-click opens them</source>
            <translation>Doppelklick öffnet sie</translation>
        </message>
        <message>
            <source>%1 %</source>
            <translation>%1 %</translation>
        </message>
        <message>
            <source>000 %</source>
            <translation>000 %</translation>
        </message>
        <message>
            <source>%1 boxes, none of them selected</source>
            <translation>%1 Kästen, keiner davon ausgewählt</translation>
        </message>
        <message>
            <source>%1 %2, made from %3, led to %4</source>
            <comment>type, name, counts</comment>
            <translation>%1 %2, entstanden aus %3, führte zu %4</translation>
        </message>
        <message>
            <source>  and %1 more</source>
            <translation>  und %1 weitere</translation>
        </message>
        <message>
            <source>%1, number %2</source>
            <comment>type, id</comment>
            <translation>%1, Nummer %2</translation>
        </message>
        <message>
            <source>Open the &amp;group</source>
            <translation>&amp;Gruppe öffnen</translation>
        </message>
        <message>
            <source>Close the &amp;group</source>
            <translation>&amp;Gruppe schließen</translation>
        </message>
        <message>
            <source>Show the &amp;whole graph</source>
            <translation>Ganzen Graphen &amp;zeigen</translation>
        </message>
        <message>
            <source>&amp;100 %</source>
            <translation>&amp;100 %</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageWindow</name>
        <message>
            <source>Lineage</source>
            <translation>Herkunft</translation>
        </message>
        <message>
            <source>%1 is in this graph already.</source>
            <translation>%1 ist bereits in diesem Graphen.</translation>
        </message>
        <message>
            <source>Reading %1…</source>
            <translation>%1 wird gelesen …</translation>
        </message>
        <message>
            <source>Reading %1</source>
            <translation>%1 wird gelesen</translation>
        </message>
        <message>
            <source>%1 – Lineage – Helmscope</source>
            <translation>%1 – Herkunft – Helmscope</translation>
        </message>
        <message>
            <source>Joined by content: %1. The marks stand before the second line of a box.</source>
            <translation>Nach Inhalt zusammengeführt: %1. Die Zeichen stehen vor der zweiten Zeile eines Kastens.</translation>
        </message>
        <message>
            <source>%1 And %2 more: see Lineage &gt; Check.</source>
            <translation>%1 Und %2 weitere: siehe Herkunft &gt; Prüfen.</translation>
        </message>
        <message>
            <source>the newest %1</source>
            <translation>die neuesten %1</translation>
        </message>
        <message>
            <source>%1 found</source>
            <translation>%1 gefunden</translation>
        </message>
        <message>
            <source>This store has %L1 nodes. The tables list the newest; search for others, and choose one to see where it came from and what came of it.</source>
            <translation>Dieser Speicher hat %L1 Knoten. Die Tabellen führen die neuesten auf; suchen Sie nach anderen, und wählen Sie einen, um zu sehen, woher er kam und was aus ihm wurde.</translation>
        </message>
        <message>
            <source>%1 holds no artifacts and no executions yet: what is recorded in it will appear here.</source>
            <translation>%1 enthält noch keine Artefakte und keine Ausführungen: Was darin aufgezeichnet wird, erscheint hier.</translation>
        </message>
        <message>
            <source>Preparing the search</source>
            <translation>Suche wird vorbereitet</translation>
        </message>
        <message>
            <source>Reading</source>
            <translation>Lesen</translation>
        </message>
        <message>
            <source>Filter and time leave nothing: tick more boxes at the left, or double-click the times below.</source>
            <translation>Filter und Zeit lassen nichts übrig: Haken Sie links mehr Kästchen an, oder doppelklicken Sie unten auf die Zeiten.</translation>
        </message>
        <message>
            <source>Shows or hides the panel '%1'.</source>
            <translation>Blendet den Bereich „%1“ ein oder aus.</translation>
        </message>
        <message>
            <source>Open a lineage store: File &gt; Open, or drag a file 'mlmd', *.mlmd or a JSON that CMF exported onto this window.</source>
            <translation>Öffnen Sie einen Herkunftsspeicher: Datei &gt; Öffnen, oder ziehen Sie eine Datei „mlmd“, *.mlmd oder ein von CMF exportiertes JSON auf dieses Fenster.</translation>
        </message>
        <message>
            <source>Filter</source>
            <translation>Filter</translation>
        </message>
        <message>
            <source>Tables</source>
            <translation>Tabellen</translation>
        </message>
        <message>
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <source>%1 (%2)</source>
            <comment>help, keys</comment>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>&amp;Back</source>
            <translation>&amp;Zurück</translation>
        </message>
        <message>
            <source>Back to what was shown before.</source>
            <translation>Zurück zu dem, was vorher gezeigt wurde.</translation>
        </message>
        <message>
            <source>&amp;Forward</source>
            <translation>Vor&amp;wärts</translation>
        </message>
        <message>
            <source>Forward again.</source>
            <translation>Wieder vorwärts.</translation>
        </message>
        <message>
            <source>&amp;Whole graph</source>
            <translation>&amp;Ganzer Graph</translation>
        </message>
        <message>
            <source>Shows everything that the filter lets through.</source>
            <translation>Zeigt alles, was der Filter durchlässt.</translation>
        </message>
        <message>
            <source>F&amp;ocus</source>
            <translation>F&amp;okus</translation>
        </message>
        <message>
            <source>Shows only what came before and after the selected node.</source>
            <translation>Zeigt nur, was vor und nach dem ausgewählten Knoten kam.</translation>
        </message>
        <message>
            <source>Open &amp;run</source>
            <translation>&amp;Lauf öffnen</translation>
        </message>
        <message>
            <source>Opens the run that the selected node belongs to, at its step.</source>
            <translation>Öffnet den Lauf, zu dem der ausgewählte Knoten gehört, bei dessen Schritt.</translation>
        </message>
        <message>
            <source>Common &amp;origin</source>
            <translation>Gemeinsamer &amp;Ursprung</translation>
        </message>
        <message>
            <source>Marks the nearest nodes that two came of: two selected rows of a table, or the selected node and the one selected before.</source>
            <translation>Markiert die nächsten Knoten, von denen zwei abstammen: zwei ausgewählte Zeilen einer Tabelle, oder der ausgewählte Knoten und der davor ausgewählte.</translation>
        </message>
        <message>
            <source>&amp;Compare</source>
            <translation>&amp;Vergleichen</translation>
        </message>
        <message>
            <source>Puts the selected rows of the table side by side, what differs first.</source>
            <translation>Stellt die ausgewählten Zeilen der Tabelle nebeneinander, Unterschiede zuerst.</translation>
        </message>
        <message>
            <source>Chec&amp;k</source>
            <translation>&amp;Prüfen</translation>
        </message>
        <message>
            <source>Lists what is wrong with this store, and what a CMF server would lose of it.</source>
            <translation>Führt auf, was an diesem Speicher nicht stimmt und was ein CMF-Server davon verlöre.</translation>
        </message>
        <message>
            <source>depth </source>
            <translation>Tiefe </translation>
        </message>
        <message>
            <source>Depth of the focus</source>
            <translation>Tiefe des Fokus</translation>
        </message>
        <message>
            <source>How many edges before and after the node are shown. From an execution to the next it takes two.</source>
            <translation>Wie viele Kanten vor und nach dem Knoten gezeigt werden. Von einer Ausführung zur nächsten sind es zwei.</translation>
        </message>
        <message>
            <source>Search: a name, or lr &lt; 0.01</source>
            <translation>Suche: ein Name oder lr &lt; 0.01</translation>
        </message>
        <message>
            <source>Search</source>
            <translation>Suche</translation>
        </message>
        <message>
            <source>A part of a name, or properties and their values: lr &lt; 0.01 and type = Model. Enter goes to the next that was found. (Ctrl+F)</source>
            <translation>Ein Teil eines Namens, oder Eigenschaften und ihre Werte: lr &lt; 0.01 and type = Model. Die Eingabetaste geht zum nächsten Fund. (Strg+F)</translation>
        </message>
        <message>
            <source>Found</source>
            <translation>Gefunden</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>&amp;Open lineage…</source>
            <translation>Herkunft ö&amp;ffnen …</translation>
        </message>
        <message>
            <source>&amp;Add a store…</source>
            <translation>Speicher &amp;hinzufügen …</translation>
        </message>
        <message>
            <source>Joins it with what is open: what has the same content is one node.</source>
            <translation>Führt ihn mit dem Geöffneten zusammen: Was denselben Inhalt hat, ist ein Knoten.</translation>
        </message>
        <message>
            <source>&amp;Export what is shown</source>
            <translation>Gezeigtes &amp;exportieren</translation>
        </message>
        <message>
            <source>Save a &amp;picture of the window…</source>
            <translation>Bi&amp;ld des Fensters speichern …</translation>
        </message>
        <message>
            <source>&amp;Close</source>
            <translation>S&amp;chließen</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
        </message>
        <message>
            <source>&amp;Fit the graph</source>
            <translation>Graphen &amp;einpassen</translation>
        </message>
        <message>
            <source>&amp;100 %</source>
            <translation>&amp;100 %</translation>
        </message>
        <message>
            <source>Show &amp;all again</source>
            <translation>Wieder &amp;alles zeigen</translation>
        </message>
        <message>
            <source>Takes back filter, times, search and focus.</source>
            <translation>Nimmt Filter, Zeiten, Suche und Fokus zurück.</translation>
        </message>
        <message>
            <source>&amp;Lineage</source>
            <translation>&amp;Herkunft</translation>
        </message>
        <message>
            <source>&amp;Search</source>
            <translation>&amp;Suchen</translation>
        </message>
        <message>
            <source>&amp;Next found</source>
            <translation>&amp;Nächster Fund</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
        <message>
            <source>&amp;How to browse a lineage</source>
            <translation>&amp;Anleitung: Herkunft durchsehen</translation>
        </message>
        <message>
            <source>Add a lineage</source>
            <translation>Herkunft hinzufügen</translation>
        </message>
        <message>
            <source>Open a lineage</source>
            <translation>Herkunft öffnen</translation>
        </message>
        <message>
            <source>Export the lineage</source>
            <translation>Herkunft exportieren</translation>
        </message>
        <message>
            <source>Run %1 is not in this lineage yet: its steps are written a few seconds after they are taken.</source>
            <translation>Lauf %1 ist noch nicht in dieser Herkunft: Seine Schritte werden wenige Sekunden, nachdem sie gemacht sind, geschrieben.</translation>
        </message>
        <message>
            <source>Step %1 of run %2 is not in this lineage: here is the run as a whole.</source>
            <translation>Schritt %1 von Lauf %2 ist nicht in dieser Herkunft: Hier ist der Lauf im Ganzen.</translation>
        </message>
        <message>
            <source>Comparing all executions</source>
            <translation>Alle Ausführungen werden verglichen</translation>
        </message>
        <message>
            <source>Searching</source>
            <translation>Suche läuft</translation>
        </message>
        <message>
            <source>Looking for a common origin</source>
            <translation>Gemeinsamer Ursprung wird gesucht</translation>
        </message>
        <message>
            <source>%1 and %2 have no common origin in this lineage.</source>
            <translation>%1 und %2 haben in dieser Herkunft keinen gemeinsamen Ursprung.</translation>
        </message>
        <message>
            <source>%1 and %2 both came of %3.</source>
            <translation>%1 und %2 stammen beide von %3 ab.</translation>
        </message>
        <message>
            <source>Writing %1</source>
            <translation>%1 wird geschrieben</translation>
        </message>
        <message>
            <source>Written: %1</source>
            <translation>Geschrieben: %1</translation>
        </message>
        <message>
            <source>Checking</source>
            <translation>Prüfung läuft</translation>
        </message>
        <message>
            <source>Check</source>
            <translation>Prüfung</translation>
        </message>
        <message>
            <source>Check %1</source>
            <translation>%1 prüfen</translation>
        </message>
        <message>
            <source>Nothing is wrong with this lineage.</source>
            <translation>An dieser Herkunft ist nichts auszusetzen.</translation>
        </message>
        <message>
            <source>%L1 nodes, %L2 edges</source>
            <translation>%L1 Knoten, %L2 Kanten</translation>
        </message>
        <message>
            <source>%L1 of %L2 nodes</source>
            <translation>%L1 von %L2 Knoten</translation>
        </message>
        <message>
            <source>focus on %1</source>
            <translation>Fokus auf %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MainWindow</name>
        <message>
            <source>Helmscope</source>
            <translation>Helmscope</translation>
        </message>
        <message>
            <source>There is no panel '%1'; there are %2.</source>
            <translation>Es gibt kein Feld „%1“; es gibt %2.</translation>
        </message>
        <message>
            <source>No maps were recorded with this run.</source>
            <translation>Mit diesem Lauf wurden keine Karten aufgezeichnet.</translation>
        </message>
        <message>
            <source>A pixel can be queued while a run is going on.</source>
            <translation>Ein Pixel kann vorgemerkt werden, während ein Lauf im Gang ist.</translation>
        </message>
        <message>
            <source> – </source>
            <translation> – </translation>
        </message>
        <message>
            <source>step %1 of %2</source>
            <translation>Schritt %1 von %2</translation>
        </message>
        <message>
            <source>A run is going on</source>
            <translation>Ein Lauf ist im Gang</translation>
        </message>
        <message>
            <source>Stop the run and close? All steps so far are saved.</source>
            <translation>Lauf anhalten und schließen? Alle bisherigen Schritte sind gespeichert.</translation>
        </message>
        <message>
            <source>Stop and save</source>
            <translation>Anhalten und speichern</translation>
        </message>
        <message>
            <source>Keep running</source>
            <translation>Weiterlaufen lassen</translation>
        </message>
        <message>
            <source>&amp;Edit</source>
            <translation>&amp;Bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Undo</source>
            <translation>&amp;Rückgängig</translation>
        </message>
        <message>
            <source>Takes back what was last drawn, painted or queued. What was measured stays measured.</source>
            <translation>Nimmt zurück, was zuletzt gezeichnet, gemalt oder vorgemerkt wurde. Gemessenes bleibt gemessen.</translation>
        </message>
        <message>
            <source>&amp;Redo</source>
            <translation>&amp;Wiederholen</translation>
        </message>
        <message>
            <source>Does again what was taken back.</source>
            <translation>Führt wieder aus, was zurückgenommen wurde.</translation>
        </message>
        <message>
            <source>What preferred regions &amp;count…</source>
            <translation>&amp;Gewicht bevorzugter Bereiche …</translation>
        </message>
        <message>
            <source>How many times the acquisition counts there.</source>
            <translation>Wievielfach die Akquisition dort zählt.</translation>
        </message>
        <message>
            <source>Re&amp;lease all regions</source>
            <translation>Alle Bereiche &amp;aufheben</translation>
        </message>
        <message>
            <source>Nothing is forbidden or preferred any more.</source>
            <translation>Nichts ist mehr gesperrt oder bevorzugt.</translation>
        </message>
        <message>
            <source>&amp;FFT of the region</source>
            <translation>&amp;FFT des Bereichs</translation>
        </message>
        <message>
            <source>The Fourier transform of the graphic that is selected, or of the whole map, in a window that follows it.</source>
            <translation>Die Fouriertransformierte der ausgewählten Grafik oder der ganzen Karte, in einem Fenster, das ihr folgt.</translation>
        </message>
        <message>
            <source>Command &amp;palette…</source>
            <translation>Befehls&amp;palette …</translation>
        </message>
        <message>
            <source>Finds any command of the menus by part of its name.</source>
            <translation>Findet jeden Befehl der Menüs an einem Teil seines Namens.</translation>
        </message>
        <message>
            <source>&amp;Settings…</source>
            <translation>&amp;Einstellungen …</translation>
        </message>
        <message>
            <source>Theme, font, language, numbers, dose, where recordings go.</source>
            <translation>Farben, Schrift, Sprache, Zahlen, Dosis, Ablage der Aufzeichnungen.</translation>
        </message>
        <message>
            <source>Forbid a region</source>
            <translation>Bereich sperren</translation>
        </message>
        <message>
            <source>Prefer a region</source>
            <translation>Bereich bevorzugen</translation>
        </message>
        <message>
            <source>Release a region</source>
            <translation>Bereich aufheben</translation>
        </message>
        <message>
            <source>▲ Closed by the limit of the dose: %1 pixels.</source>
            <translation>▲ Durch die Grenze der Dosis gesperrt: %1 Pixel.</translation>
        </message>
        <message>
            <source>Release all regions</source>
            <translation>Alle Bereiche aufheben</translation>
        </message>
        <message>
            <source>Preferred regions</source>
            <translation>Bevorzugte Bereiche</translation>
        </message>
        <message>
            <source>In preferred regions the acquisition counts so many times:</source>
            <translation>In bevorzugten Bereichen zählt die Akquisition so viele Male:</translation>
        </message>
        <message>
            <source>Change what is preferred counts</source>
            <translation>Gewicht der bevorzugten Bereiche ändern</translation>
        </message>
        <message>
            <source>Export the view</source>
            <translation>Ansicht exportieren</translation>
        </message>
        <message>
            <source>Saved as %1.</source>
            <translation>Gespeichert als %1.</translation>
        </message>
        <message>
            <source>Exporting</source>
            <translation>Export läuft</translation>
        </message>
        <message>
            <source>Cannot export to %1: its name must end in .png, .svg, .pdf, .csv or .hspy.</source>
            <translation>Nach %1 kann nicht exportiert werden: Der Name muss auf .png, .svg, .pdf, .csv oder .hspy enden.</translation>
        </message>
        <message>
            <source>Copying the view</source>
            <translation>Die Ansicht wird kopiert</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>&amp;Open…</source>
            <translation>Ö&amp;ffnen …</translation>
        </message>
        <message>
            <source>Opens data, a recorded run, or somebody else's recording.</source>
            <translation>Öffnet Daten, einen aufgezeichneten Lauf oder die Aufzeichnung eines anderen.</translation>
        </message>
        <message>
            <source>Open the &amp;simulated sample</source>
            <translation>&amp;Simulierte Probe öffnen</translation>
        </message>
        <message>
            <source>&amp;Instruments…</source>
            <translation>&amp;Instrumente …</translation>
        </message>
        <message>
            <source>Microscopes on the network: what they can do, a look, steering.</source>
            <translation>Mikroskope im Netz: was sie können, ein Blick, Steuern.</translation>
        </message>
        <message>
            <source>Open &amp;lineage…</source>
            <translation>&amp;Herkunft öffnen …</translation>
        </message>
        <message>
            <source>Opens a window with what was made from what, as CMF keeps it.</source>
            <translation>Öffnet ein Fenster mit dem, was woraus entstand, wie CMF es festhält.</translation>
        </message>
        <message>
            <source>&amp;New workspace…</source>
            <translation>&amp;Neuer Arbeitsbereich …</translation>
        </message>
        <message>
            <source>A folder that keeps every run with its versions.</source>
            <translation>Ein Ordner, der jeden Lauf mit seinen Versionen aufbewahrt.</translation>
        </message>
        <message>
            <source>Open a &amp;workspace…</source>
            <translation>&amp;Arbeitsbereich öffnen …</translation>
        </message>
        <message>
            <source>Runs are recorded there from now on; what a crash left is mended.</source>
            <translation>Von da an werden Läufe dort aufgezeichnet; was ein Absturz hinterließ, wird instand gesetzt.</translation>
        </message>
        <message>
            <source>&amp;Recent workspaces</source>
            <translation>&amp;Zuletzt verwendete Arbeitsbereiche</translation>
        </message>
        <message>
            <source>Save the Python &amp;bridge…</source>
            <translation>&amp;Python-Brücke speichern …</translation>
        </message>
        <message>
            <source>A server of one file that puts your microscope on the network.</source>
            <translation>Ein Server aus einer einzigen Datei, der Ihr Mikroskop ins Netz bringt.</translation>
        </message>
        <message>
            <source>Recording: &amp;metadata, export…</source>
            <translation>Aufzeichnung: &amp;Metadaten, Export …</translation>
        </message>
        <message>
            <source>All that the open files say of how they were taken, searchable, and their arrays as HyperSpy, NSID, TIFF or CSV.</source>
            <translation>Alles, was die offenen Dateien über ihre Aufnahme sagen, durchsuchbar, und ihre Arrays als HyperSpy, NSID, TIFF oder CSV.</translation>
        </message>
        <message>
            <source>&amp;Export the view…</source>
            <translation>Ansicht &amp;exportieren …</translation>
        </message>
        <message>
            <source>The map or spectrum that has the keyboard, as PNG, SVG or PDF with its bars, or its numbers as CSV or HDF5.</source>
            <translation>Die Karte oder das Spektrum mit der Tastatur, als PNG, SVG oder PDF mit Skalen, oder die Zahlen als CSV oder HDF5.</translation>
        </message>
        <message>
            <source>&amp;Copy the view</source>
            <translation>Ansicht &amp;kopieren</translation>
        </message>
        <message>
            <source>The picture of the map or spectrum that has the keyboard, for another program.</source>
            <translation>Das Bild der Karte oder des Spektrums mit der Tastatur, für ein anderes Programm.</translation>
        </message>
        <message>
            <source>Save a &amp;picture of the window…</source>
            <translation>Bi&amp;ld des Fensters speichern …</translation>
        </message>
        <message>
            <source>&amp;Quit</source>
            <translation>&amp;Beenden</translation>
        </message>
        <message>
            <source>Nothing is open that was read from files of data: open a recording first, with File, Open.</source>
            <translation>Es ist nichts offen, das aus Datendateien gelesen wurde: zuerst eine Aufzeichnung öffnen, mit Datei, Öffnen.</translation>
        </message>
        <message>
            <source>None yet</source>
            <translation>Noch keine</translation>
        </message>
        <message>
            <source>A folder for the new workspace</source>
            <translation>Ein Ordner für den neuen Arbeitsbereich</translation>
        </message>
        <message>
            <source>Open a workspace</source>
            <translation>Arbeitsbereich öffnen</translation>
        </message>
        <message>
            <source>A run is being recorded: stop it before opening another workspace.</source>
            <translation>Ein Lauf wird aufgezeichnet: Halten Sie ihn an, bevor Sie einen anderen Arbeitsbereich öffnen.</translation>
        </message>
        <message>
            <source>The folder %1 is no workspace yet.</source>
            <translation>Der Ordner %1 ist noch kein Arbeitsbereich.</translation>
        </message>
        <message>
            <source>Make it one</source>
            <translation>Dazu machen</translation>
        </message>
        <message>
            <source>What had waited is pushed.</source>
            <translation>Was gewartet hatte, ist hochgeladen.</translation>
        </message>
        <message>
            <source>Run %1 is there again as it was.</source>
            <translation>Lauf %1 ist wieder da, wie er war.</translation>
        </message>
        <message>
            <source>Open it</source>
            <translation>Öffnen</translation>
        </message>
        <message>
            <source>What was pushed waits until the servers can be reached.</source>
            <translation>Was hochgeladen werden soll, wartet, bis die Server erreichbar sind.</translation>
        </message>
        <message>
            <source>◷ %1 not pushed</source>
            <translation>◷ %1 nicht hochgeladen</translation>
        </message>
        <message>
            <source>↑ %1 not pushed</source>
            <translation>↑ %1 nicht hochgeladen</translation>
        </message>
        <message>
            <source>Servers and remotes are those of a workspace: open one first, or begin a run.</source>
            <translation>Server und Gegenstellen gehören zu einem Arbeitsbereich: Öffnen Sie zuerst einen, oder beginnen Sie einen Lauf.</translation>
        </message>
        <message>
            <source>Continue the run</source>
            <translation>Lauf fortsetzen</translation>
        </message>
        <message>
            <source>Open data or a run</source>
            <translation>Daten oder einen Lauf öffnen</translation>
        </message>
        <message>
            <source>All that can be read (%1)</source>
            <translation>Alles Lesbare (%1)</translation>
        </message>
        <message>
            <source>Runs (*.h5)</source>
            <translation>Läufe (*.h5)</translation>
        </message>
        <message>
            <source>All files (*)</source>
            <translation>Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Open a lineage</source>
            <translation>Herkunft öffnen</translation>
        </message>
        <message>
            <source>There is no lineage yet: it is written when a run of a workspace ends.</source>
            <translation>Es gibt noch keine Herkunft: Sie wird geschrieben, wenn ein Lauf eines Arbeitsbereichs endet.</translation>
        </message>
        <message>
            <source>La&amp;yout</source>
            <translation>Anord&amp;nung</translation>
        </message>
        <message>
            <source>&amp;Reset the layout</source>
            <translation>Anordnung &amp;zurücksetzen</translation>
        </message>
        <message>
            <source>Puts the panels of this layout back where they were in the beginning.</source>
            <translation>Setzt die Bereiche dieser Anordnung dorthin zurück, wo sie anfangs waren.</translation>
        </message>
        <message>
            <source>&amp;Jobs</source>
            <translation>A&amp;ufträge</translation>
        </message>
        <message>
            <source>Everything that is going on, waits or has failed.</source>
            <translation>Alles, was läuft, wartet oder fehlgeschlagen ist.</translation>
        </message>
        <message>
            <source>For a run: image, beliefs, spectrum, plan, curves.</source>
            <translation>Für einen Lauf: Bild, Annahmen des Modells, Spektrum, Plan, Kurven.</translation>
        </message>
        <message>
            <source>For a run that has ended: curves, trust, steps, measuring.</source>
            <translation>Für einen beendeten Lauf: Kurven, Vertrauen, Schritte, Ausmessen.</translation>
        </message>
        <message>
            <source>What the run was made from, step by step, with runs and spectra beside it.</source>
            <translation>Woraus der Lauf entstand, Schritt für Schritt, mit Läufen und Spektren daneben.</translation>
        </message>
        <message>
            <source>The list of runs to choose from, and the one that is open.</source>
            <translation>Die Liste der Läufe zum Auswählen und der geöffnete Lauf.</translation>
        </message>
        <message>
            <source>&amp;Keep as…</source>
            <translation>&amp;Speichern als …</translation>
        </message>
        <message>
            <source>Keep the layout as</source>
            <translation>Anordnung speichern als</translation>
        </message>
        <message>
            <source>Keeps where the panels are under a name.</source>
            <translation>Speichert die Lage der Bereiche unter einem Namen.</translation>
        </message>
        <message>
            <source>Re&amp;name…</source>
            <translation>&amp;Umbenennen …</translation>
        </message>
        <message>
            <source>Of the layout that is shown, where you have kept it.</source>
            <translation>Betrifft die gezeigte Anordnung, sofern Sie sie selbst gespeichert haben.</translation>
        </message>
        <message>
            <source>Rename the layout</source>
            <translation>Anordnung umbenennen</translation>
        </message>
        <message>
            <source>&amp;Delete</source>
            <translation>&amp;Löschen</translation>
        </message>
        <message>
            <source>What the model believes of every pixel after the step that is looked at. Hover to read it, click to pin the cursor, right-click for colours and limits.</source>
            <translation>Was das Modell nach dem betrachteten Schritt zu jedem Pixel annimmt. Daraufzeigen: ablesen, Klick: Cursor anheften, Rechtsklick: Farben und Grenzen.</translation>
        </message>
        <message>
            <source>How unsure the model is of every pixel: one standard deviation, in the unit of the mean.</source>
            <translation>Wie unsicher das Modell bei jedem Pixel ist: eine Standardabweichung, in der Einheit des Mittelwerts.</translation>
        </message>
        <message>
            <source>How much each pixel is worth measuring; the next one is where it is most, unless you say otherwise.</source>
            <translation>Wie sehr sich die Messung jedes Pixels lohnt; das nächste liegt, wo sie sich am meisten lohnt, sofern Sie nichts anderes bestimmen.</translation>
        </message>
        <message>
            <source>The spectrum under the cursor: measured, predicted with ± 2 σ, pinned ones. Drag the band or its edges to say what the value is.</source>
            <translation>Das Spektrum unter dem Cursor: gemessen, vorhergesagt mit ± 2 σ, dazu festgehaltene. Ziehen Sie das Band oder seine Ränder, um zu bestimmen, was der Wert ist.</translation>
        </message>
        <message>
            <source>How value, uncertainty, loss and trust go with the steps. Click a curve to look at that step.</source>
            <translation>Wie sich Wert, Unsicherheit, Verlust und Vertrauen mit den Schritten entwickeln. Ein Klick auf eine Kurve zeigt diesen Schritt.</translation>
        </message>
        <message>
            <source>Each measurement with place, reason, prediction and value. Click one to look at it; right-click shows it in the lineage.</source>
            <translation>Jede Messung mit Ort, Grund, Vorhersage und Wert. Ein Klick zeigt den Schritt, ein Rechtsklick zeigt ihn in der Herkunft.</translation>
        </message>
        <message>
            <source>What to explore and how. Acquisition, budget and value can be changed while a run is going on; the rest holds for the next one.</source>
            <translation>Was wie erkundet wird. Akquisition, Budget und Wert lassen sich ändern, während ein Lauf im Gang ist; der Rest gilt für den nächsten.</translation>
        </message>
        <message>
            <source>The runs of the workspace that is open: search, open, compare.</source>
            <translation>Die Läufe des geöffneten Arbeitsbereichs: suchen, öffnen, vergleichen.</translation>
        </message>
        <message>
            <source>The recordings in a folder, to be opened by a double click.</source>
            <translation>Die Aufzeichnungen in einem Ordner; ein Doppelklick öffnet sie.</translation>
        </message>
        <message>
            <source>What this run was made from and what came of it, around the step that is looked at. Click a step to go there, double-click anything else to see what is around it.</source>
            <translation>Woraus dieser Lauf entstand und was aus ihm wurde, um den betrachteten Schritt herum. Ein Klick auf einen Schritt führt dorthin, ein Doppelklick auf anderes zeigt, was darum liegt.</translation>
        </message>
        <message>
            <source>How the instrument has changed during the run: drift, focus, reference.</source>
            <translation>Wie sich das Instrument während des Laufs verändert hat: Drift, Fokus, Referenz.</translation>
        </message>
        <message>
            <source>Sizes and statistics of what is drawn on the maps.</source>
            <translation>Größen und Statistik dessen, was auf den Karten gezeichnet ist.</translation>
        </message>
        <message>
            <source>The electrons each place has got, what the next points cost, and the limit beyond which pixels are forbidden.</source>
            <translation>Die Elektronen, die jeder Ort erhalten hat, was die nächsten Punkte kosten und die Grenze, ab der Pixel gesperrt sind.</translation>
        </message>
        <message>
            <source>All patches of the image by likeness, coloured by the prediction, with the run between them: whether the search goes everywhere or is trapped.</source>
            <translation>Alle Ausschnitte des Bildes nach Ähnlichkeit, gefärbt nach der Vorhersage, dazwischen der Lauf: ob die Suche überall hinkommt oder festsitzt.</translation>
        </message>
        <message>
            <source>Whether σ can be believed: how many values, each predicted before it was measured, lay within which interval.</source>
            <translation>Ob man σ glauben kann: wie viele Werte, jeder vor seiner Messung vorhergesagt, innerhalb welches Intervalls lagen.</translation>
        </message>
        <message>
            <source>The steps of the run: drag to look back, play it at another speed, go from mark to mark, branch.</source>
            <translation>Die Schritte des Laufs: ziehen, um zurückzublicken, mit anderer Geschwindigkeit abspielen, von Marke zu Marke gehen, verzweigen.</translation>
        </message>
        <message>
            <source>The image taken before anything was measured, with the path of the run. Click to pin the cursor, right-click to measure there next, Shift+drag to forbid.</source>
            <translation>Das Bild, das vor der ersten Messung aufgenommen wurde, mit dem Weg des Laufs. Klick: Cursor anheften, Rechtsklick: dort als Nächstes messen, Umschalt+Ziehen: sperren.</translation>
        </message>
        <message>
            <source>Name of the layout:</source>
            <translation>Name der Anordnung:</translation>
        </message>
        <message>
            <source>The layout cannot be called '%1': the name is empty or taken.</source>
            <translation>Die Anordnung kann nicht „%1“ heißen: Der Name ist leer oder vergeben.</translation>
        </message>
        <message>
            <source>The next run ranks them after its first %1 points and goes on from the best, or cold where none helps.</source>
            <translation>Der nächste Lauf ordnet sie nach seinen ersten %1 Punkten und geht mit dem besten weiter, oder kalt, wo keines hilft.</translation>
        </message>
        <message>
            <source>The run goes on no more, or is not the one that is shown: what its model begins from was not changed.</source>
            <translation>Der Lauf läuft nicht mehr, oder er ist nicht der gezeigte: Womit sein Modell beginnt, wurde nicht geändert.</translation>
        </message>
        <message>
            <source>From the next step on the model begins from %1.</source>
            <translation>Vom nächsten Schritt an beginnt das Modell mit %1.</translation>
        </message>
        <message>
            <source>From the next step on the model begins cold.</source>
            <translation>Vom nächsten Schritt an beginnt das Modell kalt.</translation>
        </message>
        <message>
            <source>Reading %1</source>
            <translation>%1 wird gelesen</translation>
        </message>
        <message>
            <source>The branch has ended.</source>
            <translation>Der Zweig ist beendet.</translation>
        </message>
        <message>
            <source>Compare with the run it came from</source>
            <translation>Mit dem Ausgangslauf vergleichen</translation>
        </message>
        <message>
            <source>A history is that of a workspace: open one first, or begin a run.</source>
            <translation>Ein Verlauf gehört zu einem Arbeitsbereich: Öffnen Sie zuerst einen, oder beginnen Sie einen Lauf.</translation>
        </message>
        <message>
            <source>Run %1 has %2 steps: step %3 of its lineage is not in its files.</source>
            <translation>Lauf %1 hat %2 Schritte: Schritt %3 seiner Herkunft ist nicht in seinen Dateien.</translation>
        </message>
        <message>
            <source>This run has no lineage: that of runs in a workspace is kept, a few seconds after each step.</source>
            <translation>Dieser Lauf hat keine Herkunft: Die von Läufen in einem Arbeitsbereich wird festgehalten, wenige Sekunden nach jedem Schritt.</translation>
        </message>
        <message>
            <source>The run to branch from is not open any more: open it again.</source>
            <translation>Der Lauf, von dem abgezweigt werden soll, ist nicht mehr geöffnet: Öffnen Sie ihn erneut.</translation>
        </message>
        <message>
            <source>Up to here as run %1, then in another way.</source>
            <translation>Bis hierher als Lauf %1, dann auf andere Weise.</translation>
        </message>
        <message>
            <source>Run %1 goes on from here.</source>
            <translation>Lauf %1 geht ab hier weiter.</translation>
        </message>
        <message>
            <source>Marks are kept in a workspace: this run is in a file of its own.</source>
            <translation>Marken werden in einem Arbeitsbereich aufbewahrt: Dieser Lauf steht in einer eigenen Datei.</translation>
        </message>
        <message>
            <source>Stop the run first: a branch is a run of its own.</source>
            <translation>Halten Sie zuerst den Lauf an: Ein Zweig ist ein eigener Lauf.</translation>
        </message>
        <message>
            <source>The window changes its language when the run has ended.</source>
            <translation>Das Fenster wechselt die Sprache, sobald der Lauf beendet ist.</translation>
        </message>
        <message>
            <source>Done: %1.</source>
            <translation>Fertig: %1.</translation>
        </message>
        <message>
            <source>%1 failed. %2</source>
            <translation>%1: fehlgeschlagen. %2</translation>
        </message>
        <message>
            <source>Who signs is kept with a workspace: open one first, or begin a run.</source>
            <translation>Wer zeichnet, wird mit einem Arbeitsbereich aufbewahrt: Öffnen Sie zuerst einen, oder beginnen Sie einen Lauf.</translation>
        </message>
        <message>
            <source>Asking git who you are</source>
            <translation>git wird gefragt, wer Sie sind</translation>
        </message>
        <message>
            <source>%1 (%2)</source>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>Not opened again: %1</source>
            <translation>Nicht wieder geöffnet: %1</translation>
        </message>
        <message>
            <source>%1 waits for you: measure the next pixel, or veto it?</source>
            <translation>%1 wartet auf Sie: das nächste Pixel messen oder ablehnen?</translation>
        </message>
        <message>
            <source>Show it</source>
            <translation>Zeigen</translation>
        </message>
        <message>
            <source>%1 has ended after %2 steps.</source>
            <translation>%1 ist nach %2 Schritten beendet.</translation>
        </message>
        <message>
            <source>%1 %2</source>
            <translation>%1 %2</translation>
        </message>
        <message>
            <source>Stop %1 and close its tab? All steps so far are saved.</source>
            <translation>%1 anhalten und den Reiter schließen? Alle bisherigen Schritte sind gespeichert.</translation>
        </message>
        <message>
            <source>Stop and close</source>
            <translation>Anhalten und schließen</translation>
        </message>
        <message>
            <source>Shows or hides the panel '%1'.</source>
            <translation>Blendet den Bereich „%1“ ein oder aus.</translation>
        </message>
        <message>
            <source>Survey image</source>
            <translation>Übersichtsbild</translation>
        </message>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>Uncertainty σ</source>
            <translation>Unsicherheit σ</translation>
        </message>
        <message>
            <source>Acquisition</source>
            <translation>Akquisition</translation>
        </message>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>Spectrum</source>
            <translation>Spektrum</translation>
        </message>
        <message>
            <source>Curves</source>
            <translation>Kurven</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>Plan</source>
            <translation>Plan</translation>
        </message>
        <message>
            <source>Runs</source>
            <translation>Läufe</translation>
        </message>
        <message>
            <source>Catalogue</source>
            <translation>Katalog</translation>
        </message>
        <message>
            <source>Lineage</source>
            <translation>Herkunft</translation>
        </message>
        <message>
            <source>Instrument</source>
            <translation>Instrument</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Trust in σ</source>
            <translation>Vertrauen in σ</translation>
        </message>
        <message>
            <source>Embedding</source>
            <translation>Einbettung</translation>
        </message>
        <message>
            <source>&amp;Run</source>
            <translation>&amp;Lauf</translation>
        </message>
        <message>
            <source>&amp;Ask before each step</source>
            <translation>Vor jedem Schritt &amp;fragen</translation>
        </message>
        <message>
            <source>Each pixel waits for your word: measure, or veto.</source>
            <translation>Jedes Pixel wartet auf Ihr Wort: Messen oder Veto.</translation>
        </message>
        <message>
            <source>Measurements last their &amp;dwell</source>
            <translation>Messungen dauern ihre Ver&amp;weilzeit</translation>
        </message>
        <message>
            <source>A recording or the simulated sample answers as late as a microscope would, from the next run on; else as fast as it goes.</source>
            <translation>Eine Aufzeichnung oder die simulierte Probe antwortet so spät wie ein Mikroskop, ab dem nächsten Lauf; sonst so schnell es geht.</translation>
        </message>
        <message>
            <source>Take a new survey &amp;image</source>
            <translation>Neues Ü&amp;bersichtsbild aufnehmen</translation>
        </message>
        <message>
            <source>Before the next measurement of the run that is going on: the beam follows the sample from there.</source>
            <translation>Vor der nächsten Messung des laufenden Laufs: Von dort an folgt der Strahl der Probe.</translation>
        </message>
        <message>
            <source>Begin from a meta-m&amp;odel…</source>
            <translation>Mit einem Metam&amp;odell beginnen …</translation>
        </message>
        <message>
            <source>Ranks the meta-models known on what is measured of this sample.</source>
            <translation>Ordnet die bekannten Metamodelle nach dem, was an dieser Probe gemessen ist.</translation>
        </message>
        <message>
            <source>Sweeps of meta-&amp;trainings…</source>
            <translation>Sweeps von Meta&amp;trainings …</translation>
        </message>
        <message>
            <source>The results of metatrain --sweep, and what they recommend.</source>
            <translation>Die Ergebnisse von metatrain --sweep und was sie empfehlen.</translation>
        </message>
        <message>
            <source>&amp;Compare…</source>
            <translation>&amp;Vergleichen …</translation>
        </message>
        <message>
            <source>Shows this run and others side by side, in a window of its own.</source>
            <translation>Zeigt diesen Lauf und andere nebeneinander, in einem eigenen Fenster.</translation>
        </message>
        <message>
            <source>&amp;What if: branch from this step…</source>
            <translation>Was wäre, wenn: &amp;Zweig ab diesem Schritt …</translation>
        </message>
        <message>
            <source>Goes on in another way from the step that is looked at.</source>
            <translation>Macht ab dem betrachteten Schritt auf andere Weise weiter.</translation>
        </message>
        <message>
            <source>&amp;Mark this step</source>
            <translation>Diesen Schritt &amp;markieren</translation>
        </message>
        <message>
            <source>Keeps a word at the step that is looked at, to find it again.</source>
            <translation>Vermerkt ein Wort beim betrachteten Schritt, um ihn wiederzufinden.</translation>
        </message>
        <message>
            <source>H&amp;istory</source>
            <translation>&amp;Verlauf</translation>
        </message>
        <message>
            <source>&amp;Versions of the workspace…</source>
            <translation>&amp;Versionen des Arbeitsbereichs …</translation>
        </message>
        <message>
            <source>What was recorded when, and how to get back to it.</source>
            <translation>Was wann aufgezeichnet wurde, und wie man dorthin zurückkommt.</translation>
        </message>
        <message>
            <source>&amp;Lineage of the workspace</source>
            <translation>&amp;Herkunft im Arbeitsbereich</translation>
        </message>
        <message>
            <source>Which run made what from what.</source>
            <translation>Welcher Lauf was woraus erzeugt hat.</translation>
        </message>
        <message>
            <source>&amp;Push…</source>
            <translation>Ü&amp;bertragen (Push) …</translation>
        </message>
        <message>
            <source>Shows what is not on the servers yet, and sends it.</source>
            <translation>Zeigt, was noch nicht auf den Servern ist, und sendet es.</translation>
        </message>
        <message>
            <source>P&amp;ull…</source>
            <translation>&amp;Abholen (Pull) …</translation>
        </message>
        <message>
            <source>Brings what other sites have pushed.</source>
            <translation>Holt, was andere Standorte hochgeladen haben.</translation>
        </message>
        <message>
            <source>&amp;Servers and remotes…</source>
            <translation>&amp;Server und Gegenstellen …</translation>
        </message>
        <message>
            <source>Where metadata, artifacts and versions are pushed to and pulled from.</source>
            <translation>Wohin Metadaten, Artefakte und Versionen hochgeladen und woher sie heruntergeladen werden.</translation>
        </message>
        <message>
            <source>&amp;Browse a server…</source>
            <translation>Server &amp;durchsehen …</translation>
        </message>
        <message>
            <source>Its pipelines, without pulling them.</source>
            <translation>Seine Pipelines, ohne sie herunterzuladen.</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
        <message>
            <source>&amp;How to steer</source>
            <translation>Anleitung: &amp;Steuern</translation>
        </message>
        <message>
            <source>How to &amp;look back, branch and compare</source>
            <translation>Anleitung: &amp;Zurückblicken, verzweigen, vergleichen</translation>
        </message>
        <message>
            <source>How to &amp;browse a lineage</source>
            <translation>Anleitung: &amp;Herkunft durchsehen</translation>
        </message>
        <message>
            <source>How to steer an &amp;instrument on the network</source>
            <translation>Anleitung: &amp;Instrument im Netz steuern</translation>
        </message>
        <message>
            <source>How to &amp;push to and pull from other sites</source>
            <translation>Anleitung: Mit anderen Standorten a&amp;ustauschen (Push, Pull)</translation>
        </message>
        <message>
            <source>&amp;What's this?</source>
            <translation>&amp;Was ist das?</translation>
        </message>
        <message>
            <source>&amp;Keyboard shortcuts</source>
            <translation>&amp;Tastenkürzel</translation>
        </message>
        <message>
            <source>&amp;Diagnostics…</source>
            <translation>&amp;Diagnose …</translation>
        </message>
        <message>
            <source>Versions, screens, threads, and how long the window could not answer: what a report of a bug needs.</source>
            <translation>Versionen, Bildschirme, Threads und wie lange das Fenster nicht antworten konnte: was ein Fehlerbericht braucht.</translation>
        </message>
        <message>
            <source>&amp;About Helmscope</source>
            <translation>Ü&amp;ber Helmscope</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MapView</name>
        <message>
            <source>Map</source>
            <translation>Karte</translation>
        </message>
        <message>
            <source>row %1, column %2: %3</source>
            <translation>Zeile %1, Spalte %2: %3</translation>
        </message>
        <message>
            <source>%1 rows and %2 columns, colours from %3 to %4 %5</source>
            <translation>%1 Zeilen und %2 Spalten, Farben von %3 bis %4 %5</translation>
        </message>
        <message>
            <source>; the arrow keys bring the cursor</source>
            <translation>; die Pfeiltasten bringen den Cursor</translation>
        </message>
        <message>
            <source>A map appears here when there is something to show.</source>
            <translation>Eine Karte erscheint hier, sobald es etwas zu zeigen gibt.</translation>
        </message>
        <message>
            <source>not predicted</source>
            <translation>nicht vorhergesagt</translation>
        </message>
        <message>
            <source>Wheel: zoom. Drag: move. Click: pin the cursor. Shift+drag: mark a region.
Keys: 0 whole map, 1 and 2 one or two screen pixels a pixel, + and − zoom,
arrows move the cursor (Shift: by ten), Space clicks, Enter sets the limits.</source>
            <translation>Rad: Zoom. Ziehen: verschieben. Klick: Cursor anheften. Umschalt+Ziehen: Bereich markieren.
Tasten: 0 ganze Karte, 1 und 2 ein oder zwei Bildschirmpixel je Pixel, + und − Zoom,
Pfeile bewegen den Cursor (Umschalt: um zehn), Leertaste klickt, Eingabetaste setzt die Grenzen.</translation>
        </message>
        <message>
            <source>%1, %2, %3 of %4</source>
            <translation>%1, %2, %3 von %4</translation>
        </message>
        <message>
            <source>Cannot write %1: %2. Save it elsewhere.</source>
            <translation>%1 kann nicht geschrieben werden: %2. Bitte anderswo speichern.</translation>
        </message>
        <message>
            <source>Save the picture</source>
            <translation>Bild speichern</translation>
        </message>
        <message>
            <source>All values</source>
            <translation>Alle Werte</translation>
        </message>
        <message>
            <source>Percentiles %1 and %2</source>
            <translation>Perzentile %1 und %2</translation>
        </message>
        <message>
            <source>&amp;Copy the limits</source>
            <translation>Grenzen &amp;kopieren</translation>
        </message>
        <message>
            <source>&amp;Paste limits</source>
            <translation>Grenzen &amp;einfügen</translation>
        </message>
        <message>
            <source>Those copied from another map: the same colour is then the same value.</source>
            <translation>Die von einer anderen Karte kopierten: Dieselbe Farbe ist dann derselbe Wert.</translation>
        </message>
        <message>
            <source>Ga&amp;mma</source>
            <translation>Ga&amp;mma</translation>
        </message>
        <message>
            <source>Gamma</source>
            <translation>Gamma</translation>
        </message>
        <message>
            <source>0.2 to 5: under 1 the shadows are spread, over 1 the lights.</source>
            <translation>0,2 bis 5: Unter 1 werden die Schatten gespreizt, über 1 die Lichter.</translation>
        </message>
        <message>
            <source>&amp;Colour map</source>
            <translation>&amp;Farbskala</translation>
        </message>
        <message>
            <source>&amp;Brightness scale</source>
            <translation>&amp;Helligkeitsskala</translation>
        </message>
        <message>
            <source>&amp;Linear</source>
            <translation>&amp;Linear</translation>
        </message>
        <message>
            <source>Lo&amp;garithmic</source>
            <translation>Lo&amp;garithmisch</translation>
        </message>
        <message>
            <source>Gamma 0.&amp;5 (shadows)</source>
            <translation>Gamma 0.&amp;5 (Schatten)</translation>
        </message>
        <message>
            <source>Gamma &amp;2 (lights)</source>
            <translation>Gamma &amp;2 (Lichter)</translation>
        </message>
        <message>
            <source>&amp;Lock the limits</source>
            <translation>Grenzen festhal&amp;ten</translation>
        </message>
        <message>
            <source>Locked, a change in colour means a change in value; else the limits follow each map.</source>
            <translation>Festgehalten bedeutet eine Änderung der Farbe eine Änderung des Werts; sonst folgen die Grenzen jeder Karte.</translation>
        </message>
        <message>
            <source>L&amp;imits</source>
            <translation>&amp;Grenzen</translation>
        </message>
        <message>
            <source>&amp;Histogram</source>
            <translation>H&amp;istogramm</translation>
        </message>
        <message>
            <source>Histogram with logarithmic &amp;counts</source>
            <translation>Histogramm mit logarithmischen &amp;Zählwerten</translation>
        </message>
        <message>
            <source>Show the &amp;whole map</source>
            <translation>Ganze &amp;Karte zeigen</translation>
        </message>
        <message>
            <source>C&amp;opy the picture</source>
            <translation>Bild ko&amp;pieren</translation>
        </message>
        <message>
            <source>&amp;Save the picture…</source>
            <translation>Bild &amp;speichern …</translation>
        </message>
        <message>
            <source>Pictures (*.png)</source>
            <translation>Bilder (*.png)</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MeasureModel</name>
        <message>
            <source>Graphic</source>
            <translation>Grafik</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Area (nm²)</source>
            <translation>Fläche (nm²)</translation>
        </message>
        <message>
            <source>Pixels</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>Deviation</source>
            <translation>Standardabweichung</translation>
        </message>
        <message>
            <source>Lowest</source>
            <translation>Kleinster Wert</translation>
        </message>
        <message>
            <source>Highest</source>
            <translation>Größter Wert</translation>
        </message>
        <message>
            <source>Spectra measured</source>
            <translation>Gemessene Spektren</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MeasurePanel</name>
        <message>
            <source>Map that is measured</source>
            <translation>Gemessene Karte</translation>
        </message>
        <message>
            <source>The map the numbers and the profile are of.</source>
            <translation>Die Karte, zu der die Zahlen und das Profil gehören.</translation>
        </message>
        <message>
            <source>Graphics and what they measure</source>
            <translation>Grafiken und was sie messen</translation>
        </message>
        <message>
            <source>Sizes and statistics of what is drawn on the maps will appear here: take a tool at the left, or press P, C or L on a map.</source>
            <translation>Größen und Statistik dessen, was auf die Karten gezeichnet ist, erscheinen hier: links ein Werkzeug wählen oder auf einer Karte P, C oder L drücken.</translation>
        </message>
        <message>
            <source>What the graphics on the maps measure: P draws a pick, C a rectangle, E an ellipse, G a polygon, L a line whose profile is shown here, averaged over its width.</source>
            <translation>Was die Grafiken auf den Karten messen: P zeichnet eine Auswahl, C ein Rechteck, E eine Ellipse, G ein Polygon, L eine Linie, deren Profil hier gezeigt wird, gemittelt über ihre Breite.</translation>
        </message>
        <message>
            <source>Measured in</source>
            <translation>Gemessen in</translation>
        </message>
        <message>
            <source>Measuring</source>
            <translation>Messung läuft</translation>
        </message>
        <message>
            <source>%1: distance (%2)</source>
            <translation>%1: Abstand (%2)</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MetaSweepModel</name>
        <message>
            <source>best</source>
            <translation>Bestwert</translation>
        </message>
        <message>
            <source>kept</source>
            <translation>behalten</translation>
        </message>
        <message>
            <source>Meta-model %1</source>
            <translation>Metamodell %1</translation>
        </message>
        <message>
            <source>Task set</source>
            <translation>Aufgabensatz</translation>
        </message>
        <message>
            <source>What was learnt on.</source>
            <translation>Woran gelernt wurde.</translation>
        </message>
        <message>
            <source>Tasks</source>
            <translation>Aufgaben</translation>
        </message>
        <message>
            <source>Learnt on, those for validation not counted.</source>
            <translation>An denen gelernt wurde, ohne die zur Validierung.</translation>
        </message>
        <message>
            <source>Method</source>
            <translation>Verfahren</translation>
        </message>
        <message>
            <source>How it learns to learn.</source>
            <translation>Wie das Lernen gelernt wird.</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>What of the grid is special about this training.</source>
            <translation>Welche Einstellungen des Gitters dieses Training auszeichnen.</translation>
        </message>
        <message>
            <source>Rung</source>
            <translation>Runde</translation>
        </message>
        <message>
            <source>The better half of a rung is trained for twice as long in the next.</source>
            <translation>Die bessere Hälfte einer Runde wird in der nächsten doppelt so lange trainiert.</translation>
        </message>
        <message>
            <source>Iterations</source>
            <translation>Iterationen</translation>
        </message>
        <message>
            <source>Of the outer loop.</source>
            <translation>Der äußeren Schleife.</translation>
        </message>
        <message>
            <source>Inner steps</source>
            <translation>Innere Schritte</translation>
        </message>
        <message>
            <source>On each task.</source>
            <translation>An jeder Aufgabe.</translation>
        </message>
        <message>
            <source>MLL</source>
            <translation>MLL</translation>
        </message>
        <message>
            <source>Log marginal likelihood per point of the points shown.</source>
            <translation>Log-Marginal-Likelihood je Punkt, für die gezeigten Punkte.</translation>
        </message>
        <message>
            <source>RMSE</source>
            <translation>RMSE</translation>
        </message>
        <message>
            <source>On the validation tasks, over the deviation of their values; mean over 10, 20 and 50 points.</source>
            <translation>An den Validierungsaufgaben, geteilt durch die Standardabweichung ihrer Werte; Mittelwert über 10, 20 und 50 Punkte.</translation>
        </message>
        <message>
            <source>R²</source>
            <translation>R²</translation>
        </message>
        <message>
            <source>1 − RMSE², likewise.</source>
            <translation>1 − RMSE², ebenso.</translation>
        </message>
        <message>
            <source>NLPD</source>
            <translation>NLPD</translation>
        </message>
        <message>
            <source>Negative log density of what was not shown, likewise.</source>
            <translation>Negative Log-Dichte dessen, was nicht gezeigt wurde, ebenso.</translation>
        </message>
        <message>
            <source>Seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>That it took.</source>
            <translation>Dauer des Trainings.</translation>
        </message>
        <message>
            <source>Kept</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>Whether it went on to the next rung, or won.</source>
            <translation>Ob es in die nächste Runde kam oder gewonnen hat.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MetaSweepWindow</name>
        <message>
            <source>Sweep of meta-trainings – Helmscope</source>
            <translation>Sweep von Metatrainings – Helmscope</translation>
        </message>
        <message>
            <source>No sweep is open.</source>
            <translation>Kein Sweep ist geöffnet.</translation>
        </message>
        <message>
            <source>&amp;Open…</source>
            <translation>Ö&amp;ffnen …</translation>
        </message>
        <message>
            <source>The .json beside the table that metatrain --sweep … --table wrote.</source>
            <translation>Die .json neben der Tabelle, die metatrain --sweep … --table geschrieben hat.</translation>
        </message>
        <message>
            <source>Trainings of the sweep</source>
            <translation>Trainings des Sweeps</translation>
        </message>
        <message>
            <source>Settings of the selected training</source>
            <translation>Einstellungen des ausgewählten Trainings</translation>
        </message>
        <message>
            <source>For the &amp;next training on</source>
            <translation>Für das &amp;nächste Training an</translation>
        </message>
        <message>
            <source>Tasks of the next training</source>
            <translation>Aufgaben des nächsten Trainings</translation>
        </message>
        <message>
            <source>simulated:rods,prisms:20, a workspace, a folder, a run</source>
            <translation>simulated:rods,prisms:20, ein Arbeitsbereich, ein Ordner, ein Lauf</translation>
        </message>
        <message>
            <source>&amp;Folder…</source>
            <translation>&amp;Ordner …</translation>
        </message>
        <message>
            <source>&amp;Recommend settings</source>
            <translation>Einstellungen &amp;empfehlen</translation>
        </message>
        <message>
            <source>Of the task sets of this sweep that are most like these tasks, the settings that were best.</source>
            <translation>Die Einstellungen, die bei den diesen Aufgaben ähnlichsten Aufgabensätzen dieses Sweeps am besten waren.</translation>
        </message>
        <message>
            <source>Task sets most like these, nearest first</source>
            <translation>Ähnlichste Aufgabensätze, der nächste zuerst</translation>
        </message>
        <message>
            <source>Task set</source>
            <translation>Aufgabensatz</translation>
        </message>
        <message>
            <source>Distance</source>
            <translation>Abstand</translation>
        </message>
        <message>
            <source>Method</source>
            <translation>Verfahren</translation>
        </message>
        <message>
            <source>Best settings</source>
            <translation>Beste Einstellungen</translation>
        </message>
        <message>
            <source>RMSE</source>
            <translation>RMSE</translation>
        </message>
        <message>
            <source>NLPD</source>
            <translation>NLPD</translation>
        </message>
        <message>
            <source>Why so far</source>
            <translation>Grund des Abstands</translation>
        </message>
        <message>
            <source>&amp;Save these settings…</source>
            <translation>Diese Einstellungen &amp;speichern …</translation>
        </message>
        <message>
            <source>For helmscope-cli metatrain --settings.</source>
            <translation>Für helmscope-cli metatrain --settings.</translation>
        </message>
        <message>
            <source>Reading %1</source>
            <translation>%1 wird gelesen</translation>
        </message>
        <message>
            <source>%1: %2 trainings</source>
            <translation>%1: %2 Trainings</translation>
        </message>
        <message>
            <source>Comparing task sets</source>
            <translation>Aufgabensätze werden verglichen</translation>
        </message>
        <message>
            <source>Earlier task sets most like the new one, with the settings that were best on them, are shown here.</source>
            <translation>Frühere Aufgabensätze, die dem neuen am ähnlichsten sind, werden hier mit den Einstellungen gezeigt, die bei ihnen am besten waren.</translation>
        </message>
        <message>
            <source>Of the sets of this sweep %1 lies at distance %2 (1: each number differs by what counts as one). Best there: %3, %4, %5 iterations.</source>
            <translation>Von den Aufgabensätzen dieses Sweeps liegt %1 im Abstand %2 (1: Jede Zahl weicht um das ab, was bei ihr als eins zählt). Am besten dort: %3, %4, %5 Iterationen.</translation>
        </message>
        <message>
            <source>the base settings</source>
            <translation>die Grundeinstellungen</translation>
        </message>
        <message>
            <source>Meta-model %1</source>
            <translation>Metamodell %1</translation>
        </message>
        <message>
            <source>Open a sweep</source>
            <translation>Sweep öffnen</translation>
        </message>
        <message>
            <source>Tables of sweeps (*.json *.csv);;All files (*)</source>
            <translation>Tabellen von Sweeps (*.json *.csv);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Save settings</source>
            <translation>Einstellungen speichern</translation>
        </message>
        <message>
            <source>Settings (*.json)</source>
            <translation>Einstellungen (*.json)</translation>
        </message>
        <message>
            <source>Writing %1</source>
            <translation>%1 wird geschrieben</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Notices</name>
        <message>
            <source>Dismiss</source>
            <translation>Ausblenden</translation>
        </message>
        <message>
            <source>Takes this notice away; it stays in the list of jobs.</source>
            <translation>Blendet diesen Hinweis aus; in der Liste der Aufträge bleibt er.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::OpenDialog</name>
        <message>
            <source>uneven %1</source>
            <translation>ungleichmäßig %1</translation>
        </message>
        <message>
            <source>Open: which array is what?</source>
            <translation>Öffnen: Welches Array ist was?</translation>
        </message>
        <message>
            <source>These files hold several arrays: %1</source>
            <translation>Diese Dateien enthalten mehrere Arrays: %1</translation>
        </message>
        <message>
            <source>Survey &amp;image</source>
            <translation>Übersichts&amp;bild</translation>
        </message>
        <message>
            <source>Survey image</source>
            <translation>Übersichtsbild</translation>
        </message>
        <message>
            <source>&amp;Spectra</source>
            <translation>&amp;Spektren</translation>
        </message>
        <message>
            <source>Spectra</source>
            <translation>Spektren</translation>
        </message>
        <message>
            <source>&amp;Energies</source>
            <translation>&amp;Energien</translation>
        </message>
        <message>
            <source>Energies</source>
            <translation>Energien</translation>
        </message>
        <message>
            <source>&amp;Values instead of spectra</source>
            <translation>&amp;Werte statt Spektren</translation>
        </message>
        <message>
            <source>Values instead of spectra</source>
            <translation>Werte statt Spektren</translation>
        </message>
        <message>
            <source>as in the file</source>
            <translation>wie in der Datei</translation>
        </message>
        <message>
            <source>Nanometres per pixel of the survey image.</source>
            <translation>Nanometer je Pixel des Übersichtsbilds.</translation>
        </message>
        <message>
            <source>Image &amp;pixel (nm)</source>
            <translation>Bild&amp;pixel (nm)</translation>
        </message>
        <message>
            <source>Neighbouring channels averaged into one when the spectra are read.</source>
            <translation>Benachbarte Kanäle, die beim Lesen der Spektren zu einem gemittelt werden.</translation>
        </message>
        <message>
            <source>&amp;Channels averaged</source>
            <translation>Gemittelte &amp;Kanäle</translation>
        </message>
        <message>
            <source>What the files hold</source>
            <translation>Was die Dateien enthalten</translation>
        </message>
        <message>
            <source>Array</source>
            <translation>Array</translation>
        </message>
        <message>
            <source>Shape</source>
            <translation>Form</translation>
        </message>
        <message>
            <source>Type</source>
            <translation>Typ</translation>
        </message>
        <message>
            <source>Step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>, 1 frame</source>
            <translation>, 1 Einzelbild</translation>
        </message>
        <message>
            <source>, %1 frames</source>
            <translation>, %1 Einzelbilder</translation>
        </message>
        <message>
            <source>Looking at %1</source>
            <translation>%1 wird angesehen</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>None of the arrays is an image: one with two dimensions is needed.</source>
            <translation>Keines der Arrays ist ein Bild: Eines mit zwei Dimensionen ist nötig.</translation>
        </message>
        <message>
            <source>Choose spectra, or a map of values: without them there is nothing to measure.</source>
            <translation>Wählen Sie Spektren oder eine Karte von Werten: Ohne sie gibt es nichts zu messen.</translation>
        </message>
        <message>
            <source>Image and values are the same array.</source>
            <translation>Bild und Werte sind dasselbe Array.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::OpenTabs</name>
        <message>
            <source>Open samples and runs</source>
            <translation>Offene Proben und Läufe</translation>
        </message>
        <message>
            <source>Each tab is a sample with the run on it, or a recorded run. ● is the run that is going on: it goes on while you look at another one, and Pause, Stop and ABORT are always its. Drag a tab to give it another place.</source>
            <translation>Jeder Reiter ist eine Probe mit dem Lauf auf ihr, oder ein aufgezeichneter Lauf. ● ist der Lauf, der gerade läuft: Er läuft weiter, während Sie einen anderen ansehen, und Pause, Stopp und ABBRUCH gelten immer ihm. Ziehen Sie einen Reiter, um ihm einen anderen Platz zu geben.</translation>
        </message>
        <message>
            <source>Closes this tab. A run in it is asked about first; what was recorded stays.</source>
            <translation>Schließt diesen Reiter. Ist darin ein Lauf im Gang, wird erst gefragt; was aufgezeichnet ist, bleibt.</translation>
        </message>
        <message>
            <source>%1 %2</source>
            <translation>%1 %2</translation>
        </message>
        <message>
            <source>paused</source>
            <translation>Pause</translation>
        </message>
        <message>
            <source>running</source>
            <translation>läuft</translation>
        </message>
        <message>
            <source>The run that is going on: %1.</source>
            <translation>Der laufende Lauf: %1.</translation>
        </message>
        <message>
            <source>Ctrl+%1 shows it, Ctrl+W closes it.</source>
            <translation>Strg+%1 zeigt ihn, Strg+W schließt ihn.</translation>
        </message>
        <message>
            <source>%1, %2</source>
            <translation>%1, %2</translation>
        </message>
        <message>
            <source>Close %1</source>
            <translation>%1 schließen</translation>
        </message>
        <message>
            <source>Open &amp;tabs</source>
            <translation>Offene &amp;Reiter</translation>
        </message>
        <message>
            <source>&amp;Next tab</source>
            <translation>&amp;Nächster Reiter</translation>
        </message>
        <message>
            <source>Shows the next open sample or run; after the last the first.</source>
            <translation>Zeigt die nächste offene Probe oder den nächsten Lauf; nach dem letzten Reiter den ersten.</translation>
        </message>
        <message>
            <source>&amp;Previous tab</source>
            <translation>&amp;Voriger Reiter</translation>
        </message>
        <message>
            <source>Shows the open sample or run before this one.</source>
            <translation>Zeigt die offene Probe oder den Lauf davor.</translation>
        </message>
        <message>
            <source>Move tab le&amp;ft</source>
            <translation>Reiter nach l&amp;inks</translation>
        </message>
        <message>
            <source>Gives this tab the place of the one before it; tabs can be dragged, too.</source>
            <translation>Gibt diesem Reiter den Platz des vorigen; Reiter lassen sich auch ziehen.</translation>
        </message>
        <message>
            <source>Move tab ri&amp;ght</source>
            <translation>Reiter nach r&amp;echts</translation>
        </message>
        <message>
            <source>Gives this tab the place of the one after it; tabs can be dragged, too.</source>
            <translation>Gibt diesem Reiter den Platz des nächsten; Reiter lassen sich auch ziehen.</translation>
        </message>
        <message>
            <source>Show the &amp;live run</source>
            <translation>&amp;Laufenden Lauf zeigen</translation>
        </message>
        <message>
            <source>Shows the tab of the run that is going on.</source>
            <translation>Zeigt den Reiter des laufenden Laufs.</translation>
        </message>
        <message>
            <source>&amp;Close this tab</source>
            <translation>Diesen Reiter &amp;schließen</translation>
        </message>
        <message>
            <source>A run in it is asked about first; what was recorded stays.</source>
            <translation>Ist darin ein Lauf im Gang, wird erst gefragt; was aufgezeichnet ist, bleibt.</translation>
        </message>
        <message>
            <source>Tab &amp;%1</source>
            <translation>Reiter &amp;%1</translation>
        </message>
        <message>
            <source>Shows this tab, counted from the left.</source>
            <translation>Zeigt diesen Reiter, von links gezählt.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::OpenWorkspace</name>
        <message>
            <source>Opening the workspace %1</source>
            <translation>Arbeitsbereich %1 wird geöffnet</translation>
        </message>
        <message>
            <source>Reading the list of runs</source>
            <translation>Liste der Läufe wird gelesen</translation>
        </message>
        <message>
            <source>Restoring run %1</source>
            <translation>Lauf %1 wird wiederhergestellt</translation>
        </message>
        <message>
            <source>Asking git who you are</source>
            <translation>git wird gefragt, wer Sie sind</translation>
        </message>
        <message>
            <source>Telling git who you are</source>
            <translation>git wird mitgeteilt, wer Sie sind</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Panels</name>
        <message>
            <source>not measured: the nearest pixel's</source>
            <translation>nicht gemessen: das des nächstgelegenen Pixels</translation>
        </message>
        <message>
            <source>not measured: predicted</source>
            <translation>nicht gemessen: vorhergesagt</translation>
        </message>
        <message>
            <source>measured</source>
            <translation>gemessen</translation>
        </message>
        <message>
            <source>Survey image</source>
            <translation>Übersichtsbild</translation>
        </message>
        <message>
            <source>The survey image will appear here: open one (Ctrl+O) or drop its files onto the window.</source>
            <translation>Hier erscheint das Übersichtsbild: Öffnen Sie eines (Strg+O), oder ziehen Sie seine Dateien auf das Fenster.</translation>
        </message>
        <message>
            <source>not to be measured</source>
            <translation>nicht zu messen</translation>
        </message>
        <message>
            <source>The spectrum under the cursor will appear here once a pixel is measured: press Run.</source>
            <translation>Hier erscheint das Spektrum unter dem Cursor, sobald ein Pixel gemessen ist: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>How value, uncertainty and loss go with the steps will appear here: press Run.</source>
            <translation>Wie sich Wert, Unsicherheit und Verlust mit den Schritten entwickeln, erscheint hier: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>Uncertainty σ</source>
            <translation>Unsicherheit σ</translation>
        </message>
        <message>
            <source>Acquisition</source>
            <translation>Akquisition</translation>
        </message>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>Steps of the run</source>
            <translation>Schritte des Laufs</translation>
        </message>
        <message>
            <source>Survey image: %1</source>
            <translation>Übersichtsbild: %1</translation>
        </message>
        <message>
            <source>This sample answers values, not spectra: %1.</source>
            <translation>Diese Probe liefert Werte, keine Spektren: %1.</translation>
        </message>
        <message>
            <source>Nothing measured yet: drag the band to say what to look for, then Run.</source>
            <translation>Noch nichts gemessen: Ziehen Sie das Band, um zu sagen, wonach gesucht wird; dann „Lauf“.</translation>
        </message>
        <message>
            <source>Mean: %1</source>
            <translation>Mittelwert: %1</translation>
        </message>
        <message>
            <source>one standard deviation</source>
            <translation>eine Standardabweichung</translation>
        </message>
        <message>
            <source>Uncertainty</source>
            <translation>Unsicherheit</translation>
        </message>
        <message>
            <source>Survey image before step %1, drift taken back</source>
            <translation>Übersichtsbild vor Schritt %1, Drift zurückgerechnet</translation>
        </message>
        <message>
            <source>What the model believes of every pixel will appear here after the first points: press Run.</source>
            <translation>Was das Modell zu jedem Pixel annimmt, erscheint hier nach den ersten Punkten: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>How unsure the model is of every pixel will appear here after the first points: press Run.</source>
            <translation>Wie unsicher das Modell bei jedem Pixel ist, erscheint hier nach den ersten Punkten: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>How much each pixel is worth measuring will appear here after the first points: press Run.</source>
            <translation>Wie sehr sich die Messung jedes Pixels lohnt, erscheint hier nach den ersten Punkten: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>%1 · %2 at step %3</source>
            <translation>%1 · %2 bei Schritt %3</translation>
        </message>
        <message>
            <source>%1 · predicted after step %2, ± 2 σ</source>
            <translation>%1 · vorhergesagt nach Schritt %2, ± 2 σ</translation>
        </message>
        <message>
            <source>%1 · not measured; in grey the nearest, step %2 at %3</source>
            <translation>%1 · nicht gemessen; grau das nächstgelegene, Schritt %2 bei %3</translation>
        </message>
        <message>
            <source>Measure here next</source>
            <translation>Hier als Nächstes messen</translation>
        </message>
        <message>
            <source>Before the model chooses again.</source>
            <translation>Bevor das Modell wieder wählt.</translation>
        </message>
        <message>
            <source>Possible while a run is going on.</source>
            <translation>Möglich, während ein Lauf im Gang ist.</translation>
        </message>
        <message>
            <source>Let its spectrum go</source>
            <translation>Sein Spektrum loslassen</translation>
        </message>
        <message>
            <source>Keep its spectrum in view</source>
            <translation>Sein Spektrum im Blick behalten</translation>
        </message>
        <message>
            <source>Show in the lineage</source>
            <translation>In der Herkunft zeigen</translation>
        </message>
        <message>
            <source>Release all regions</source>
            <translation>Alle Bereiche aufheben</translation>
        </message>
        <message>
            <source>Shift+drag forbids a rectangle.</source>
            <translation>Umschalt+Ziehen sperrt ein Rechteck.</translation>
        </message>
        <message>
            <source>row %1, col %2</source>
            <translation>Zeile %1, Sp. %2</translation>
        </message>
        <message>
            <source>Move over a map to read it.</source>
            <translation>Zeigen Sie auf eine Karte, um sie abzulesen.</translation>
        </message>
        <message>
            <source>%1 nm, %2 nm (%3)</source>
            <translation>%1 nm, %2 nm (%3)</translation>
        </message>
        <message>
            <source>image %1</source>
            <translation>Bild %1</translation>
        </message>
        <message>
            <source> · mean %1 ± %2 %3</source>
            <translation> · Mittelwert %1 ± %2 %3</translation>
        </message>
        <message>
            <source> · %1 %2 at step %3</source>
            <translation> · %1 %2 bei Schritt %3</translation>
        </message>
        <message>
            <source>Map &amp;over the survey image</source>
            <translation>Karte ü&amp;ber dem Übersichtsbild</translation>
        </message>
        <message>
            <source>&amp;None</source>
            <translation>&amp;Keine</translation>
        </message>
        <message>
            <source>&amp;Mean</source>
            <translation>&amp;Mittelwert</translation>
        </message>
        <message>
            <source>&amp;Uncertainty σ</source>
            <translation>&amp;Unsicherheit σ</translation>
        </message>
        <message>
            <source>&amp;Acquisition</source>
            <translation>Akquisiti&amp;on</translation>
        </message>
        <message>
            <source>Opacity %1 %</source>
            <translation>Deckkraft %1 %</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ParallelView</name>
        <message>
            <source>Parallel coordinates</source>
            <translation>Parallele Koordinaten</translation>
        </message>
        <message>
            <source>Drag along an axis: only executions that pass there are kept in graph and tables. A click on the axis keeps all again, one on its name colours by it.</source>
            <translation>Entlang einer Achse ziehen: Nur Ausführungen, die dort hindurchgehen, bleiben in Graph und Tabellen. Ein Klick auf die Achse behält wieder alle, einer auf ihren Namen färbt danach.</translation>
        </message>
        <message>
            <source>%1 executions, %2 axes</source>
            <translation>%1 Ausführungen, %2 Achsen</translation>
        </message>
        <message>
            <source>No number differs among the executions that are shown: there is nothing to hold against each other.</source>
            <translation>Keine Zahl unterscheidet die gezeigten Ausführungen: Es gibt nichts gegenüberzustellen.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::PersonDialog</name>
        <message>
            <source>Who are you?</source>
            <translation>Wer sind Sie?</translation>
        </message>
        <message>
            <source>Each version of a run says who made it. Git does not know your name here yet: it is kept with this workspace. Runs are recorded meanwhile; their versions follow once you have answered.</source>
            <translation>Jede Version eines Laufs sagt, wer sie gemacht hat. Git kennt Ihren Namen hier noch nicht: Er wird mit diesem Arbeitsbereich aufbewahrt. Läufe werden inzwischen aufgezeichnet; ihre Versionen folgen, sobald Sie geantwortet haben.</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>&amp;E-mail</source>
            <translation>&amp;E-Mail</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>Speichern</translation>
        </message>
        <message>
            <source>Not now</source>
            <translation>Nicht jetzt</translation>
        </message>
        <message>
            <source>Each version of a run says who made it. Kept with this workspace:</source>
            <translation>Jede Version eines Laufs sagt, wer sie gemacht hat. Mit diesem Arbeitsbereich aufbewahrt:</translation>
        </message>
        <message>
            <source>A name and an e-mail address, without &lt; and &gt;.</source>
            <translation>Ein Name und eine E-Mail-Adresse, ohne &lt; und &gt;.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::PlanPanel</name>
        <message>
            <source>● Hea&amp;ting…</source>
            <translation>● Er&amp;wärmung …</translation>
        </message>
        <message>
            <source>Hea&amp;ting…</source>
            <translation>Er&amp;wärmung …</translation>
        </message>
        <message>
            <source>How much less a place is worth soon after the beam was near it. May be changed during a run. Now: %1.</source>
            <translation>Wie viel weniger ein Ort wert ist, kurz nachdem der Strahl in seiner Nähe war. Lässt sich während eines Laufs ändern. Jetzt: %1.</translation>
        </message>
        <message>
            <source>Heating</source>
            <translation>Erwärmung</translation>
        </message>
        <message>
            <source>● Be&amp;gin…</source>
            <translation>● B&amp;eginn …</translation>
        </message>
        <message>
            <source>Be&amp;gin…</source>
            <translation>B&amp;eginn …</translation>
        </message>
        <message>
            <source>What the model begins from: a meta-model that has learnt from other samples (helmscope-cli metatrain), as long as that helps on the points measured here; where it does not, the run goes on cold and says so.</source>
            <translation>Womit das Modell beginnt: einem Metamodell, das an anderen Proben gelernt hat (helmscope-cli metatrain), solange das an den hier gemessenen Punkten hilft; wo nicht, geht der Lauf kalt weiter und sagt es.</translation>
        </message>
        <message>
            <source>Begins from %1.</source>
            <translation>Beginnt mit %1.</translation>
        </message>
        <message>
            <source>After the first %1 points the run ranks the meta-models in %2 and goes on from the best, or cold where none helps; the reason stands in the record.</source>
            <translation>Nach den ersten %1 Punkten ordnet der Lauf die Metamodelle in %2 und geht mit dem besten weiter, oder kalt, wo keines hilft; der Grund steht in der Aufzeichnung.</translation>
        </message>
        <message>
            <source>What the model begins from</source>
            <translation>Womit das Modell beginnt</translation>
        </message>
        <message>
            <source>● Watc&amp;h…</source>
            <translation>● Überwa&amp;chung …</translation>
        </message>
        <message>
            <source>Watc&amp;h…</source>
            <translation>Überwa&amp;chung …</translation>
        </message>
        <message>
            <source>How the run watches over an instrument that drifts, loses its focus and harms the sample. Now: %1.</source>
            <translation>Wie der Lauf ein Instrument überwacht, das driftet, den Fokus verliert und der Probe schadet. Jetzt: %1.</translation>
        </message>
        <message>
            <source>β</source>
            <translation>β</translation>
        </message>
        <message>
            <source>ξ</source>
            <translation>ξ</translation>
        </message>
        <message>
            <source>beta</source>
            <translation>beta</translation>
        </message>
        <message>
            <source>xi</source>
            <translation>xi</translation>
        </message>
        <message>
            <source>Weight of the variance: more explores more.</source>
            <translation>Gewicht der Varianz: Ein größeres erkundet mehr.</translation>
        </message>
        <message>
            <source>Improvement asked for, in deviations of the measured values.</source>
            <translation>Verlangte Verbesserung, in Standardabweichungen der gemessenen Werte.</translation>
        </message>
        <message>
            <source>%1 points, %2 s of beam</source>
            <translation>%1 Punkte, %2 s Strahl</translation>
        </message>
        <message>
            <source>&amp;Look for</source>
            <translation>S&amp;ucht nach</translation>
        </message>
        <message>
            <source>What a spectrum is worth: where the physics comes in.</source>
            <translation>Was ein Spektrum wert ist: wo die Physik hineinkommt.</translation>
        </message>
        <message>
            <source>mean over a band</source>
            <translation>Bandmittel</translation>
        </message>
        <message>
            <source>height of a peak</source>
            <translation>Höhe eines Peaks</translation>
        </message>
        <message>
            <source>energy of a peak</source>
            <translation>Energie eines Peaks</translation>
        </message>
        <message>
            <source>ratio of two bands</source>
            <translation>Verhältnis zweier Bänder</translation>
        </message>
        <message>
            <source>&amp;in</source>
            <translation>&amp;in</translation>
        </message>
        <message>
            <source>The same in words: band:A-B, peak:A-B, energy:A-B or ratio:A-B/C-D, in the unit of the axis; with a background before it: ,constant:A-B or ,power:A-B. The band can also be dragged in the spectrum.</source>
            <translation>Dasselbe in Worten: band:A-B, peak:A-B, energy:A-B oder ratio:A-B/C-D, in der Einheit der Achse; mit einem Untergrund davor: ,constant:A-B oder ,power:A-B. Das Band lässt sich auch im Spektrum ziehen.</translation>
        </message>
        <message>
            <source>The value in words</source>
            <translation>Der Wert in Worten</translation>
        </message>
        <message>
            <source>&amp;Acquisition</source>
            <translation>Akquisiti&amp;on</translation>
        </message>
        <message>
            <source>How predictions become the worth of a pixel.</source>
            <translation>Wie aus Vorhersagen der Wert eines Pixels wird.</translation>
        </message>
        <message>
            <source>&amp;Budget</source>
            <translation>Bud&amp;get</translation>
        </message>
        <message>
            <source>Measurements after the first points.</source>
            <translation>Messungen nach den ersten Punkten.</translation>
        </message>
        <message>
            <source>&amp;First points</source>
            <translation>Ers&amp;te Punkte</translation>
        </message>
        <message>
            <source>Measured before there is anything to learn from.</source>
            <translation>Gemessen, bevor es etwas gibt, woraus zu lernen wäre.</translation>
        </message>
        <message>
            <source>placed</source>
            <translation>verteilt</translation>
        </message>
        <message>
            <source>How the first points are chosen.</source>
            <translation>Wie die ersten Punkte gewählt werden.</translation>
        </message>
        <message>
            <source>at random</source>
            <translation>zufällig</translation>
        </message>
        <message>
            <source>on a grid</source>
            <translation>auf einem Gitter</translation>
        </message>
        <message>
            <source>D&amp;well, ms</source>
            <translation>Ver&amp;weilen, ms</translation>
        </message>
        <message>
            <source>How long the probe stays on a pixel.</source>
            <translation>Wie lange die Sonde auf einem Pixel bleibt.</translation>
        </message>
        <message>
            <source>&amp;Model</source>
            <translation>&amp;Modell</translation>
        </message>
        <message>
            <source>What learns from the points.</source>
            <translation>Was aus den Punkten lernt.</translation>
        </message>
        <message>
            <source>as in the file</source>
            <translation>wie in der Datei</translation>
        </message>
        <message>
            <source>&amp;Cycles</source>
            <translation>&amp;Zyklen</translation>
        </message>
        <message>
            <source>Training cycles at each step.</source>
            <translation>Trainingszyklen bei jedem Schritt.</translation>
        </message>
        <message>
            <source>&amp;Kernel</source>
            <translation>&amp;Kern</translation>
        </message>
        <message>
            <source>Covariance of the Gaussian process.</source>
            <translation>Kovarianz des Gaußprozesses.</translation>
        </message>
        <message>
            <source>RBF</source>
            <translation>RBF</translation>
        </message>
        <message>
            <source>Matérn 5/2</source>
            <translation>Matérn 5/2</translation>
        </message>
        <message>
            <source>&amp;Patch</source>
            <translation>Aus&amp;schnitt</translation>
        </message>
        <message>
            <source>Side, in pixels, of the square of image around a pixel: what the model sees of it.</source>
            <translation>Seite, in Pixeln, des Bildquadrats um ein Pixel: was das Modell davon sieht.</translation>
        </message>
        <message>
            <source>Bi&amp;n</source>
            <translation>Bi&amp;n</translation>
        </message>
        <message>
            <source>Neighbouring channels averaged into one when whole spectra are predicted.</source>
            <translation>Benachbarte Kanäle, die zu einem gemittelt werden, wenn ganze Spektren vorhergesagt werden.</translation>
        </message>
        <message>
            <source>S&amp;eed</source>
            <translation>Startwe&amp;rt</translation>
        </message>
        <message>
            <source>Of everything random: the same plan with the same seed takes the same path.</source>
            <translation>Für alles Zufällige: Derselbe Plan mit demselben Startwert nimmt denselben Weg.</translation>
        </message>
        <message>
            <source>Predict spectra</source>
            <translation>Mit Spektren</translation>
        </message>
        <message>
            <source>The model predicts every channel; the value is computed from the predicted spectrum. Slower, but shows spectra where none was measured.</source>
            <translation>Das Modell sagt jeden Kanal vorher; der Wert wird aus dem vorhergesagten Spektrum berechnet. Langsamer, zeigt aber Spektren, wo keines gemessen wurde.</translation>
        </message>
        <message>
            <source>Warm start</source>
            <translation>Warmstart</translation>
        </message>
        <message>
            <source>Each step continues the last step's training with fewer cycles, instead of learning from scratch. Faster; may stay in a rut.</source>
            <translation>Jeder Schritt setzt das Training des letzten mit weniger Zyklen fort, statt von vorn zu lernen. Schneller; kann in einer Sackgasse bleiben.</translation>
        </message>
        <message>
            <source>Shot noise</source>
            <translation>Schrotrauschen</translation>
        </message>
        <message>
            <source>Answers from the recording as if the probe had stayed for this dwell only.</source>
            <translation>Antwortet aus der Aufzeichnung, als wäre die Sonde nur diese Verweilzeit geblieben.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ProposalBar</name>
        <message>
            <source>Proposal</source>
            <translation>Vorschlag</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Measures this pixel.</source>
            <translation>Misst dieses Pixel.</translation>
        </message>
        <message>
            <source>Veto</source>
            <translation>Veto</translation>
        </message>
        <message>
            <source>Leaves it out; it is not proposed again in this run.</source>
            <translation>Lässt es aus; in diesem Lauf wird es nicht wieder vorgeschlagen.</translation>
        </message>
        <message>
            <source>The next pixel is being chosen.</source>
            <translation>Das nächste Pixel wird gewählt.</translation>
        </message>
        <message>
            <source>Step %1: measure row %2, column %3?</source>
            <translation>Schritt %1: Zeile %2, Spalte %3 messen?</translation>
        </message>
        <message>
            <source> Expected %1 ± %2.</source>
            <translation> Erwartet %1 ± %2.</translation>
        </message>
        <message>
            <source> Heating: %1.</source>
            <translation> Erwärmung: %1.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::PullPage</name>
        <message>
            <source>all</source>
            <translation>alle</translation>
        </message>
        <message>
            <source>Pipeline</source>
            <translation>Pipeline</translation>
        </message>
        <message>
            <source>any time</source>
            <translation>jederzeit</translation>
        </message>
        <message>
            <source>today</source>
            <translation>heute</translation>
        </message>
        <message>
            <source>7 days</source>
            <translation>7 Tage</translation>
        </message>
        <message>
            <source>30 days</source>
            <translation>30 Tage</translation>
        </message>
        <message>
            <source>Changed within</source>
            <translation>Geändert in</translation>
        </message>
        <message>
            <source>what runs need</source>
            <translation>was Läufe brauchen</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>all that the lineage names</source>
            <translation>alles, was die Herkunft nennt</translation>
        </message>
        <message>
            <source>Which files come along. What did not can be pulled later.</source>
            <translation>Welche Dateien mitkommen. Was nicht mitkam, kann später heruntergeladen werden.</translation>
        </message>
        <message>
            <source>Files</source>
            <translation>Dateien</translation>
        </message>
        <message>
            <source>What came</source>
            <translation>Was kam</translation>
        </message>
        <message>
            <source>A pull adds to what is here and overwrites nothing: runs, lineage and versions of others come beside yours. Where both sides say different things, yours stands until you choose.</source>
            <translation>Ein Herunterladen ergänzt, was hier ist, und überschreibt nichts: Läufe, Herkunft und Versionen anderer kommen neben Ihre. Wo beide Seiten Verschiedenes sagen, gilt Ihre, bis Sie wählen.</translation>
        </message>
        <message>
            <source>Where both sides differ</source>
            <translation>Wo sich beide Seiten unterscheiden</translation>
        </message>
        <message>
            <source>Where</source>
            <translation>Wo</translation>
        </message>
        <message>
            <source>Property</source>
            <translation>Eigenschaft</translation>
        </message>
        <message>
            <source>Here</source>
            <translation>Hier</translation>
        </message>
        <message>
            <source>There</source>
            <translation>Dort</translation>
        </message>
        <message>
            <source>Take</source>
            <translation>Übernehmen</translation>
        </message>
        <message>
            <source>&amp;Pull</source>
            <translation>Herunter&amp;laden</translation>
        </message>
        <message>
            <source>the file</source>
            <translation>die Datei</translation>
        </message>
        <message>
            <source>Which to take for %1</source>
            <translation>Was für %1 zu übernehmen ist</translation>
        </message>
        <message>
            <source>decide later</source>
            <translation>später entscheiden</translation>
        </message>
        <message>
            <source>ours stands</source>
            <translation>unsere gilt</translation>
        </message>
        <message>
            <source>ours</source>
            <translation>unsere</translation>
        </message>
        <message>
            <source>theirs</source>
            <translation>ihre</translation>
        </message>
        <message>
            <source>Both sides differ in %1 places, the first %2 of them: choose, and pull again.</source>
            <translation>Beide Seiten unterscheiden sich an %1 Stellen, hier die ersten %2 davon: Wählen Sie, und laden Sie erneut herunter.</translation>
        </message>
        <message>
            <source>Both sides differ in one place: choose, and pull again.</source>
            <translation>Beide Seiten unterscheiden sich an einer Stelle: Wählen Sie, und laden Sie erneut herunter.</translation>
        </message>
        <message>
            <source>Both sides differ in %1 places: choose, and pull again.</source>
            <translation>Beide Seiten unterscheiden sich an %1 Stellen: Wählen Sie, und laden Sie erneut herunter.</translation>
        </message>
        <message>
            <source>No server or remote is known yet: add one on the left.</source>
            <translation>Noch ist kein Server und keine Gegenstelle bekannt: Fügen Sie links eine hinzu.</translation>
        </message>
        <message>
            <source>Pulled.</source>
            <translation>Heruntergeladen.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::PushPage</name>
        <message>
            <source>&amp;Look what is new</source>
            <translation>&amp;Neues ansehen</translation>
        </message>
        <message>
            <source>Asks the servers what they have, and shows what would go. Nothing is sent yet.</source>
            <translation>Fragt die Server, was sie haben, und zeigt, was übertragen würde. Noch wird nichts gesendet.</translation>
        </message>
        <message>
            <source>What would be pushed</source>
            <translation>Was hochgeladen würde</translation>
        </message>
        <message>
            <source>What</source>
            <translation>Was</translation>
        </message>
        <message>
            <source>How many</source>
            <translation>Wie viele</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>What to know of it</source>
            <translation>Was dazu zu wissen ist</translation>
        </message>
        <message>
            <source>What is chosen</source>
            <translation>Was gewählt ist</translation>
        </message>
        <message>
            <source>What &amp;stays here…</source>
            <translation>&amp;Was hierbleibt …</translation>
        </message>
        <message>
            <source>Properties that never go to others: names of samples and people, comments.</source>
            <translation>Eigenschaften, die nie zu anderen gehen: Namen von Proben und Personen, Kommentare.</translation>
        </message>
        <message>
            <source>&amp;Push</source>
            <translation>Hoch&amp;laden</translation>
        </message>
        <message>
            <source>%1 to %2</source>
            <translation>%1 bis %2</translation>
        </message>
        <message>
            <source>%1 · run %2</source>
            <translation>%1 · Lauf %2</translation>
        </message>
        <message>
            <source>No server or remote is known yet: add one on the left.</source>
            <translation>Noch ist kein Server und keine Gegenstelle bekannt: Fügen Sie links eine hinzu.</translation>
        </message>
        <message>
            <source>Look what is new first: a push shows what it will send, and sends nothing else.</source>
            <translation>Sehen Sie zuerst an, was neu ist: Ein Hochladen zeigt, was es senden wird, und sendet nichts anderes.</translation>
        </message>
        <message>
            <source>Everything is there already.</source>
            <translation>Alles ist bereits dort.</translation>
        </message>
        <message>
            <source>Nothing is chosen, or everything is there already.</source>
            <translation>Nichts ist gewählt, oder alles ist bereits dort.</translation>
        </message>
        <message>
            <source>Will send %1.</source>
            <translation>Gesendet wird %1.</translation>
        </message>
        <message>
            <source>Ready to push.</source>
            <translation>Bereit zum Hochladen.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RecordingDialog</name>
        <message>
            <source>%1: %2
(by its usual name and unit)</source>
            <translation>%1: %2
(nach üblichem Namen und üblicher Einheit)</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Wert</translation>
        </message>
        <message>
            <source>Recording: how it was taken, and export</source>
            <translation>Aufzeichnung: wie sie entstand, und Export</translation>
        </message>
        <message>
            <source>Array</source>
            <translation>Array</translation>
        </message>
        <message>
            <source>&amp;Array</source>
            <translation>&amp;Array</translation>
        </message>
        <message>
            <source>A word of a name or a value: voltage, detector, 200</source>
            <translation>Ein Wort aus einem Namen oder Wert: voltage, detector, 200</translation>
        </message>
        <message>
            <source>Search</source>
            <translation>Suche</translation>
        </message>
        <message>
            <source>&amp;Search</source>
            <translation>&amp;Suchen</translation>
        </message>
        <message>
            <source>All that the file says of it</source>
            <translation>Alles, was die Datei darüber sagt</translation>
        </message>
        <message>
            <source>Reading…</source>
            <translation>Lesen …</translation>
        </message>
        <message>
            <source>Format of the export</source>
            <translation>Format des Exports</translation>
        </message>
        <message>
            <source>%1 (.%2)</source>
            <translation>%1 (.%2)</translation>
        </message>
        <message>
            <source>&amp;Export…</source>
            <translation>&amp;Exportieren …</translation>
        </message>
        <message>
            <source>Writes the array above, with its axes and how it was taken, to a new file.</source>
            <translation>Schreibt das Array oben mit seinen Achsen und Angaben zur Aufnahme in eine neue Datei.</translation>
        </message>
        <message>
            <source>Export as</source>
            <translation>Exportieren als</translation>
        </message>
        <message>
            <source>Reading</source>
            <translation>Lesen</translation>
        </message>
        <message>
            <source>The file says one thing of it.</source>
            <translation>Die Datei macht eine Angabe dazu.</translation>
        </message>
        <message>
            <source>The file says %1 things of it.</source>
            <translation>Die Datei macht %1 Angaben dazu.</translation>
        </message>
        <message>
            <source>The file says nothing of how it was taken.</source>
            <translation>Die Datei sagt nichts darüber, wie die Aufnahme entstand.</translation>
        </message>
        <message>
            <source>Export the recording</source>
            <translation>Aufzeichnung exportieren</translation>
        </message>
        <message>
            <source>%1 (*.%2)</source>
            <translation>%1 (*.%2)</translation>
        </message>
        <message>
            <source>Writing %1…</source>
            <translation>%1 wird geschrieben …</translation>
        </message>
        <message>
            <source>Exporting a recording</source>
            <translation>Eine Aufzeichnung exportieren</translation>
        </message>
        <message>
            <source>Saved as %1.</source>
            <translation>Gespeichert als %1.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ReliabilityView</name>
        <message>
            <source>Reliability of σ</source>
            <translation>Zuverlässigkeit von σ</translation>
        </message>
        <message>
            <source>How often values lay within the intervals that were predicted of them before they were measured, against how often they should have. On the diagonal σ is right; below it σ is too narrow, above it too wide. The band is the line's 95 % interval.</source>
            <translation>Wie oft Werte innerhalb der Intervalle lagen, die vor ihrer Messung vorhergesagt wurden, gegenüber dem, wie oft sie es sollten. Auf der Diagonale stimmt σ; darunter ist σ zu schmal, darüber zu breit. Das Band ist das 95-%-Intervall der Linie.</translation>
        </message>
        <message>
            <source>%1 % interval: %2 %</source>
            <translation>%1-%-Intervall: %2 %</translation>
        </message>
        <message>
            <source>How far σ can be believed will appear here after the first predictions: press Run.</source>
            <translation>Wie weit man σ glauben kann, erscheint hier nach den ersten Vorhersagen: „Lauf“ drücken.</translation>
        </message>
        <message>
            <source>%1 %</source>
            <translation>%1 %</translation>
        </message>
        <message>
            <source>predicted interval · predictions: %1</source>
            <translation>vorhergesagtes Intervall · Vorhersagen: %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RemoteChooser</name>
        <message>
            <source>Metadata</source>
            <translation>Metadaten</translation>
        </message>
        <message>
            <source>Artifacts</source>
            <translation>Artefakte</translation>
        </message>
        <message>
            <source>Versions</source>
            <translation>Versionen</translation>
        </message>
        <message>
            <source>not this time</source>
            <translation>diesmal nicht</translation>
        </message>
        <message>
            <source>none known</source>
            <translation>keine bekannt</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RemoteDialog</name>
        <message>
            <source>Add a server or remote</source>
            <translation>Server oder Gegenstelle hinzufügen</translation>
        </message>
        <message>
            <source>Change %1</source>
            <translation>%1 ändern</translation>
        </message>
        <message>
            <source>Metadata: a CMF server or a hub</source>
            <translation>Metadaten: ein CMF-Server oder ein Hub</translation>
        </message>
        <message>
            <source>Artifacts: files by content, in DVC's layout</source>
            <translation>Artefakte: Dateien nach Inhalt, in der Ordnung von DVC</translation>
        </message>
        <message>
            <source>Versions: a git repository</source>
            <translation>Versionen: ein git-Repository</translation>
        </message>
        <message>
            <source>&amp;Kind</source>
            <translation>&amp;Art</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>hub</source>
            <translation>hub</translation>
        </message>
        <message>
            <source>A&amp;ddress</source>
            <translation>A&amp;dresse</translation>
        </message>
        <message>
            <source>&amp;Endpoint</source>
            <translation>&amp;Endpunkt</translation>
        </message>
        <message>
            <source>https://minio.lab:9000; empty: Amazon's</source>
            <translation>https://minio.lab:9000; leer: der von Amazon</translation>
        </message>
        <message>
            <source>&amp;Region</source>
            <translation>&amp;Region</translation>
        </message>
        <message>
            <source>us-east-1</source>
            <translation>us-east-1</translation>
        </message>
        <message>
            <source>bucket in the path</source>
            <translation>Bucket im Pfad</translation>
        </message>
        <message>
            <source>bucket in the host's name</source>
            <translation>Bucket im Namen des Hosts</translation>
        </message>
        <message>
            <source>Addres&amp;sing</source>
            <translation>Adre&amp;ssierung</translation>
        </message>
        <message>
            <source>A&amp;uthority</source>
            <translation>&amp;Zertifizierungsstelle</translation>
        </message>
        <message>
            <source>file of the certificate that signs the server's; empty: the system's</source>
            <translation>Datei des Zertifikats, das das des Servers signiert; leer: die des Systems</translation>
        </message>
        <message>
            <source>&amp;User</source>
            <translation>&amp;Benutzer</translation>
        </message>
        <message>
            <source>Ke&amp;y file</source>
            <translation>Schlüsse&amp;ldatei</translation>
        </message>
        <message>
            <source>~/.ssh/id_ed25519; empty: the agent</source>
            <translation>~/.ssh/id_ed25519; leer: der Agent</translation>
        </message>
        <message>
            <source>empty: what is kept stays</source>
            <translation>leer: Gespeichertes bleibt</translation>
        </message>
        <message>
            <source>&amp;Password</source>
            <translation>&amp;Passwort</translation>
        </message>
        <message>
            <source>&amp;Token</source>
            <translation>&amp;Token</translation>
        </message>
        <message>
            <source>A&amp;ccess key</source>
            <translation>Zu&amp;griffsschlüssel</translation>
        </message>
        <message>
            <source>Secret ke&amp;y</source>
            <translation>Gehei&amp;mer Schlüssel</translation>
        </message>
        <message>
            <source>Use it unless another one is named</source>
            <translation>Verwenden, wenn keine andere genannt ist</translation>
        </message>
        <message>
            <source>Add</source>
            <translation>Hinzufügen</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>Speichern</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Secrets never go into the workspace, a version or a log.</source>
            <translation>Geheimnisse gelangen nie in den Arbeitsbereich, eine Version oder ein Protokoll.</translation>
        </message>
        <message>
            <source>Secrets are kept in %1, never in the workspace, a version or a log.</source>
            <translation>Geheimnisse werden in %1 aufbewahrt, nie im Arbeitsbereich, in einer Version oder einem Protokoll.</translation>
        </message>
        <message>
            <source>https://cmf.lab.org, or the address that helmscope-hub prints when it starts.</source>
            <translation>https://cmf.lab.org, oder die Adresse, die helmscope-hub beim Start ausgibt.</translation>
        </message>
        <message>
            <source>A folder, ssh://host/path, s3://bucket/prefix, or https://host/path (a hub's: its address with /artifacts).</source>
            <translation>Ein Ordner, ssh://host/path, s3://bucket/prefix oder https://host/path (die eines Hubs: seine Adresse mit /artifacts).</translation>
        </message>
        <message>
            <source>https://host/group/samples.git, ssh://git@host/samples.git, or a folder.</source>
            <translation>https://host/group/samples.git, ssh://git@host/samples.git oder ein Ordner.</translation>
        </message>
        <message>
            <source>of the user, or the pass phrase of the key file</source>
            <translation>des Benutzers, oder die Passphrase der Schlüsseldatei</translation>
        </message>
        <message>
            <source>or the pass phrase of the key file; empty: what is kept stays</source>
            <translation>oder die Passphrase der Schlüsseldatei; leer: Das Aufbewahrte bleibt</translation>
        </message>
        <message>
            <source>Over plain http everybody on the way can read what is sent, the token included: prefer https.</source>
            <translation>Bei unverschlüsseltem http kann unterwegs jeder lesen, was gesendet wird, auch das Token: Besser ist https.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RemotesWindow</name>
        <message>
            <source>Servers and remotes of %1 – Helmscope</source>
            <translation>Server und Gegenstellen von %1 – Helmscope</translation>
        </message>
        <message>
            <source>Reading the remotes</source>
            <translation>Gegenstellen werden gelesen</translation>
        </message>
        <message>
            <source>Keeping %1</source>
            <translation>%1 wird bewahrt</translation>
        </message>
        <message>
            <source>Asking for the key ring</source>
            <translation>Schlüsselbund wird gefragt</translation>
        </message>
        <message>
            <source>Forget %1?</source>
            <translation>%1 vergessen?</translation>
        </message>
        <message>
            <source>The workspace no longer knows it, and what was kept to be let in is forgotten. What is there stays there.</source>
            <translation>Der Arbeitsbereich kennt sie nicht mehr, und was für den Zugang aufbewahrt wurde, ist vergessen. Was dort ist, bleibt dort.</translation>
        </message>
        <message>
            <source>Forget</source>
            <translation>Vergessen</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Forgetting %1</source>
            <translation>%1 wird vergessen</translation>
        </message>
        <message>
            <source>Testing %1</source>
            <translation>%1 wird geprüft</translation>
        </message>
        <message>
            <source>Asking what is there already…</source>
            <translation>Es wird gefragt, was bereits dort ist …</translation>
        </message>
        <message>
            <source>Looking what is new</source>
            <translation>Neues wird gesucht</translation>
        </message>
        <message>
            <source>Pushing…</source>
            <translation>Wird hochgeladen …</translation>
        </message>
        <message>
            <source>Pushing</source>
            <translation>Hochladen</translation>
        </message>
        <message>
            <source>Pulling…</source>
            <translation>Wird heruntergeladen …</translation>
        </message>
        <message>
            <source>Pulling</source>
            <translation>Herunterladen</translation>
        </message>
        <message>
            <source>Trying again…</source>
            <translation>Neuer Versuch …</translation>
        </message>
        <message>
            <source>Pushing what waited</source>
            <translation>Wartendes wird hochgeladen</translation>
        </message>
        <message>
            <source>Reading the rules</source>
            <translation>Regeln werden gelesen</translation>
        </message>
        <message>
            <source>What stays here</source>
            <translation>Was hierbleibt</translation>
        </message>
        <message>
            <source>Properties that never go to others, one a line. They are left out of what is pushed; here they stay. The rule is part of the workspace.</source>
            <translation>Eigenschaften, die nie zu anderen gehen, je Zeile eine. Sie werden beim Hochladen weggelassen; hier bleiben sie. Die Regel ist Teil des Arbeitsbereichs.</translation>
        </message>
        <message>
            <source>Keeping the rules</source>
            <translation>Regeln werden gespeichert</translation>
        </message>
        <message>
            <source>Choose a metadata server under Pull, or add one on the left: its pipelines are listed here, to be browsed without pulling them.</source>
            <translation>Wählen Sie unter „Herunterladen“ einen Metadatenserver, oder fügen Sie links einen hinzu: Hier stehen dann seine Pipelines, die sich ohne Herunterladen durchsehen lassen.</translation>
        </message>
        <message>
            <source>Asking %1…</source>
            <translation>%1 wird gefragt …</translation>
        </message>
        <message>
            <source>Listing pipelines</source>
            <translation>Pipelines werden aufgelistet</translation>
        </message>
        <message>
            <source>%1 has no pipeline yet.</source>
            <translation>%1 hat noch keine Pipeline.</translation>
        </message>
        <message>
            <source>%1 has one pipeline. Browsing changes nothing here.</source>
            <translation>%1 hat eine Pipeline. Durchsehen ändert hier nichts.</translation>
        </message>
        <message>
            <source>%1 has %2 pipelines. Browsing changes nothing here.</source>
            <translation>%1 hat %2 Pipelines. Durchsehen ändert hier nichts.</translation>
        </message>
        <message>
            <source>Reading %1…</source>
            <translation>%1 wird gelesen …</translation>
        </message>
        <message>
            <source>Reading %1</source>
            <translation>%1 wird gelesen</translation>
        </message>
        <message>
            <source>Reading the transfers</source>
            <translation>Übertragungen werden gelesen</translation>
        </message>
        <message>
            <source>↑ push</source>
            <translation>↑ hochladen</translation>
        </message>
        <message>
            <source>↓ pull</source>
            <translation>↓ herunterladen</translation>
        </message>
        <message>
            <source>Nothing was pushed or pulled yet. What goes where and when is listed here.</source>
            <translation>Noch wurde nichts hoch- oder heruntergeladen. Hier steht, was wann wohin geht.</translation>
        </message>
        <message>
            <source>Nothing waits.</source>
            <translation>Nichts wartet.</translation>
        </message>
        <message>
            <source>◷ One push waits: %1</source>
            <translation>◷ Ein Hochladen wartet: %1</translation>
        </message>
        <message>
            <source>◷ %1 pushes wait: %2</source>
            <translation>◷ %1 Hochladevorgänge warten: %2</translation>
        </message>
        <message>
            <source>  (default)</source>
            <translation>  (Voreinstellung)</translation>
        </message>
        <message>
            <source>none yet</source>
            <translation>noch keine</translation>
        </message>
        <message>
            <source>A metadata server takes the lineage, an artifact remote the files by their content, a git server the versions. Each may be missing. No server in your lab? helmscope-hub is all three.</source>
            <translation>Ein Metadatenserver nimmt die Herkunft auf, eine Artefakt-Gegenstelle die Dateien nach ihrem Inhalt, ein git-Server die Versionen. Jedes davon darf fehlen. Kein Server im Labor? helmscope-hub ist alles drei.</translation>
        </message>
        <message>
            <source>defined in %1</source>
            <translation>festgelegt in %1</translation>
        </message>
        <message>
            <source>⚠ What goes there can be read on its way: plain http.</source>
            <translation>⚠ Was dorthin geht, kann unterwegs gelesen werden: unverschlüsseltes http.</translation>
        </message>
        <message>
            <source>Not tested yet.</source>
            <translation>Noch nicht geprüft.</translation>
        </message>
        <message>
            <source>P&amp;ush</source>
            <translation>H&amp;ochladen</translation>
        </message>
        <message>
            <source>Pu&amp;ll</source>
            <translation>He&amp;runterladen</translation>
        </message>
        <message>
            <source>T&amp;ransfers</source>
            <translation>Ü&amp;bertragungen</translation>
        </message>
        <message>
            <source>&amp;On the server</source>
            <translation>&amp;Auf dem Server</translation>
        </message>
        <message>
            <source>Servers and remotes</source>
            <translation>Server und Gegenstellen</translation>
        </message>
        <message>
            <source>About the chosen one</source>
            <translation>Zur gewählten Gegenstelle</translation>
        </message>
        <message>
            <source>&amp;Add…</source>
            <translation>&amp;Hinzufügen …</translation>
        </message>
        <message>
            <source>&amp;Change…</source>
            <translation>Än&amp;dern …</translation>
        </message>
        <message>
            <source>&amp;Test</source>
            <translation>&amp;Prüfen</translation>
        </message>
        <message>
            <source>Asks it something harmless, and says honestly what came of it.</source>
            <translation>Fragt etwas Harmloses und sagt ehrlich, was dabei herauskam.</translation>
        </message>
        <message>
            <source>&amp;Forget</source>
            <translation>&amp;Vergessen</translation>
        </message>
        <message>
            <source>What went where and when</source>
            <translation>Was wann wohin ging</translation>
        </message>
        <message>
            <source>When</source>
            <translation>Wann</translation>
        </message>
        <message>
            <source>What</source>
            <translation>Was</translation>
        </message>
        <message>
            <source>Where</source>
            <translation>Wo</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>How it went</source>
            <translation>Wie es ausging</translation>
        </message>
        <message>
            <source>Try &amp;now</source>
            <translation>&amp;Jetzt versuchen</translation>
        </message>
        <message>
            <source>Pushes that could not be done are tried again by themselves, at most an hour apart; this tries at once.</source>
            <translation>Was nicht hochgeladen werden konnte, wird von selbst erneut versucht, spätestens nach einer Stunde; dies versucht es sofort.</translation>
        </message>
        <message>
            <source>Pipelines on the server</source>
            <translation>Pipelines auf dem Server</translation>
        </message>
        <message>
            <source>Look a&amp;gain</source>
            <translation>Er&amp;neut nachsehen</translation>
        </message>
        <message>
            <source>&amp;Browse its lineage</source>
            <translation>Herkunft durch&amp;sehen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RunBar</name>
        <message>
            <source>Steering</source>
            <translation>Steuerung</translation>
        </message>
        <message>
            <source>&amp;Run</source>
            <translation>&amp;Lauf</translation>
        </message>
        <message>
            <source>Steers the microscope as the plan says, or goes on after a pause.</source>
            <translation>Steuert das Mikroskop nach Plan oder macht nach einer Pause weiter.</translation>
        </message>
        <message>
            <source>&amp;Pause</source>
            <translation>&amp;Pause</translation>
        </message>
        <message>
            <source>Holds still, even in the middle of training. Nothing is lost.</source>
            <translation>Hält still, auch mitten im Training. Nichts geht verloren.</translation>
        </message>
        <message>
            <source>St&amp;ep</source>
            <translation>&amp;Schritt</translation>
        </message>
        <message>
            <source>Makes one step, then pauses.</source>
            <translation>Macht einen Schritt, dann Pause.</translation>
        </message>
        <message>
            <source>&amp;Stop</source>
            <translation>&amp;Anhalten</translation>
        </message>
        <message>
            <source>Ends the run. All steps are kept and recorded.</source>
            <translation>Beendet den Lauf. Alle Schritte bleiben erhalten und aufgezeichnet.</translation>
        </message>
        <message>
            <source>ABORT</source>
            <translation>ABBRUCH</translation>
        </message>
        <message>
            <source>Stops the microscope at once, then the run. Also: Esc twice.</source>
            <translation>Hält das Mikroskop sofort an, dann den Lauf. Auch: zweimal Esc.</translation>
        </message>
        <message>
            <source>acquisition</source>
            <translation>Akquisition</translation>
        </message>
        <message>
            <source>Acquisition</source>
            <translation>Akquisition</translation>
        </message>
        <message>
            <source>How the next pixel is chosen; during a run from the next step on.</source>
            <translation>Wie das nächste Pixel gewählt wird; während eines Laufs ab dem nächsten Schritt.</translation>
        </message>
        <message>
            <source>budget</source>
            <translation>Budget</translation>
        </message>
        <message>
            <source>Budget</source>
            <translation>Budget</translation>
        </message>
        <message>
            <source>Measurements after the first points; can be changed during a run.</source>
            <translation>Messungen nach den ersten Punkten; lässt sich während eines Laufs ändern.</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>❚❚ paused</source>
            <translation>❚❚ Pause</translation>
        </message>
        <message>
            <source>The run that is going on in another tab: Run, Pause, Step, Stop and ABORT are its, acquisition and budget are those of the tab shown. A click shows it.</source>
            <translation>Der Lauf, der in einem anderen Reiter im Gange ist: Lauf, Pause, Schritt, Anhalten und ABBRUCH gelten ihm, Akquisition und Budget sind die des gezeigten Reiters. Ein Klick zeigt ihn.</translation>
        </message>
        <message>
            <source>Pace and time left</source>
            <translation>Tempo und Restzeit</translation>
        </message>
        <message>
            <source>Abort: stop the microscope at once</source>
            <translation>Abbrechen: Mikroskop sofort anhalten</translation>
        </message>
        <message>
            <source>&amp;Resume</source>
            <translation>Fo&amp;rtsetzen</translation>
        </message>
        <message>
            <source>Show the live run %1</source>
            <translation>Laufenden Lauf %1 zeigen</translation>
        </message>
        <message>
            <source>These buttons steer %1, which is in another tab. Click: shows it.</source>
            <translation>Diese Schaltflächen steuern %1 in einem anderen Reiter. Klick: zeigt ihn.</translation>
        </message>
        <message>
            <source>This is about %1, in another tab.</source>
            <translation>Dies betrifft %1 in einem anderen Reiter.</translation>
        </message>
        <message>
            <source>⚠ waiting</source>
            <translation>⚠ wartet</translation>
        </message>
        <message>
            <source>● running</source>
            <translation>● läuft</translation>
        </message>
        <message>
            <source>■ stopping</source>
            <translation>■ hält an</translation>
        </message>
        <message>
            <source>○ ready</source>
            <translation>○ bereit</translation>
        </message>
        <message>
            <source>State of %1</source>
            <translation>Zustand von %1</translation>
        </message>
        <message>
            <source>%1 The run goes on by itself as soon as it can; nothing is lost.</source>
            <translation>%1 Der Lauf geht von selbst weiter, sobald er kann; nichts ist verloren.</translation>
        </message>
        <message>
            <source>%1 s/step</source>
            <translation>%1 s/Schritt</translation>
        </message>
        <message>
            <source> · %1 left</source>
            <translation> · noch %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RunsModel</name>
        <message>
            <source>finished</source>
            <translation>beendet</translation>
        </message>
        <message>
            <source>time was up</source>
            <translation>Zeit war um</translation>
        </message>
        <message>
            <source>nothing changed any more</source>
            <translation>nichts änderte sich mehr</translation>
        </message>
        <message>
            <source>stopped</source>
            <translation>angehalten</translation>
        </message>
        <message>
            <source>nothing left to measure</source>
            <translation>nichts mehr zu messen</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>fehlgeschlagen</translation>
        </message>
        <message>
            <source>● %1</source>
            <translation>● %1</translation>
        </message>
        <message>
            <source>damaged</source>
            <translation>beschädigt</translation>
        </message>
        <message>
            <source>going on</source>
            <translation>läuft</translation>
        </message>
        <message>
            <source>cut off</source>
            <translation>abgerissen</translation>
        </message>
        <message>
            <source>New here: it came with the last pull.</source>
            <translation>Hier neu: Kam mit dem letzten Herunterladen.</translation>
        </message>
        <message>
            <source>Goes on from step %1 of %2.</source>
            <translation>Setzt ab Schritt %1 von %2 fort.</translation>
        </message>
        <message>
            <source>Acquisition: %1. Seed: %2.</source>
            <translation>Akquisition: %1. Startwert: %2.</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>Lauf</translation>
        </message>
        <message>
            <source>Sample</source>
            <translation>Probe</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Wert</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>Outcome</source>
            <translation>Ergebnis</translation>
        </message>
        <message>
            <source>When</source>
            <translation>Wann</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RunsPanel</name>
        <message>
            <source>The runs of a workspace will appear here: a folder that keeps every run with its versions. The first run makes one in your documents; or:</source>
            <translation>Hier erscheinen die Läufe eines Arbeitsbereichs: eines Ordners, der jeden Lauf mit seinen Versionen aufbewahrt. Der erste Lauf legt einen in Ihren Dokumenten an; oder:</translation>
        </message>
        <message>
            <source>Open a workspace…</source>
            <translation>Arbeitsbereich öffnen …</translation>
        </message>
        <message>
            <source>Runs are recorded there from now on; what a crash left is mended.</source>
            <translation>Von da an werden Läufe dort aufgezeichnet; was ein Absturz hinterließ, wird instand gesetzt.</translation>
        </message>
        <message>
            <source>New workspace…</source>
            <translation>Neuer Arbeitsbereich …</translation>
        </message>
        <message>
            <source>A folder that keeps every run with its versions.</source>
            <translation>Ein Ordner, der jeden Lauf mit seinen Versionen aufbewahrt.</translation>
        </message>
        <message>
            <source>Shows the runs in which every word is found.</source>
            <translation>Zeigt die Läufe, in denen jedes der Wörter vorkommt.</translation>
        </message>
        <message>
            <source>Search: sample, value, outcome, date…</source>
            <translation>Suche: Probe, Wert, Ergebnis, Datum …</translation>
        </message>
        <message>
            <source>Search the runs</source>
            <translation>Läufe durchsuchen</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>Öffnen</translation>
        </message>
        <message>
            <source>Shows the selected run (Enter, or a double click).</source>
            <translation>Zeigt den ausgewählten Lauf (Eingabetaste oder Doppelklick).</translation>
        </message>
        <message>
            <source>Compare</source>
            <translation>Vergleichen</translation>
        </message>
        <message>
            <source>Runs of the workspace</source>
            <translation>Läufe des Arbeitsbereichs</translation>
        </message>
        <message>
            <source>%1 of %2 runs</source>
            <translation>%1 von %2 Läufen</translation>
        </message>
        <message>
            <source>1 run in %1</source>
            <translation>1 Lauf in %1</translation>
        </message>
        <message>
            <source>%1 runs in %2</source>
            <translation>%1 Läufe in %2</translation>
        </message>
        <message>
            <source>No run yet: press Run, and it is kept here.</source>
            <translation>Noch kein Lauf: „Lauf“ drücken, und er wird hier aufbewahrt.</translation>
        </message>
        <message>
            <source>No run has all these words.</source>
            <translation>Kein Lauf hat alle diese Wörter.</translation>
        </message>
        <message>
            <source>Shows the selected runs side by side.</source>
            <translation>Zeigt die ausgewählten Läufe nebeneinander.</translation>
        </message>
        <message>
            <source>Select two to six runs (Ctrl+click) to compare them.</source>
            <translation>Wählen Sie zwei bis sechs Läufe aus (Strg+Klick), um sie zu vergleichen.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::SettingsDialog</name>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>Look</source>
            <translation>Aussehen</translation>
        </message>
        <message>
            <source>&amp;Theme</source>
            <translation>&amp;Farben</translation>
        </message>
        <message>
            <source>Dim red keeps eyes used to the dark, with red images too. Plots and dialogs follow.</source>
            <translation>Gedimmtes Rot erhält die Gewöhnung der Augen ans Dunkle, auch mit roten Bildern. Diagramme und Dialoge folgen.</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Sprache</translation>
        </message>
        <message>
            <source>as the system: %1</source>
            <translation>wie das System: %1</translation>
        </message>
        <message>
            <source>&amp;Language</source>
            <translation>S&amp;prache</translation>
        </message>
        <message>
            <source>The window is made anew in it, with what is open; other windows of Helmscope close. While a run is going on this waits for its end.</source>
            <translation>Das Fenster wird darin neu aufgebaut, mit allem, was offen ist; andere Fenster von Helmscope werden geschlossen. Während ein Lauf im Gang ist, wartet dies auf sein Ende.</translation>
        </message>
        <message>
            <source>Sample</source>
            <translation>Probe</translation>
        </message>
        <message>
            <source>Limit of the &amp;dose</source>
            <translation>Grenze der &amp;Dosis</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>Pixels that one point more would bring over this are forbidden. The panel Dose shows and changes the same number.</source>
            <translation>Pixel, die ein weiterer Punkt über diese Grenze brächte, sind gesperrt. Der Bereich „Dosis“ zeigt und ändert dieselbe Zahl.</translation>
        </message>
        <message>
            <source>Diameter of the &amp;probe</source>
            <translation>D&amp;urchmesser der Sonde</translation>
        </message>
        <message>
            <source>within a pixel</source>
            <translation>innerhalb eines Pixels</translation>
        </message>
        <message>
            <source>Full width at half maximum on the sample: one that is wider than a pixel spreads its dose over the neighbours.</source>
            <translation>Halbwertsbreite auf der Probe: Eine Sonde, die breiter als ein Pixel ist, verteilt ihre Dosis auf die Nachbarn.</translation>
        </message>
        <message>
            <source>Recordings</source>
            <translation>Aufzeichnungen</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <source>&amp;Reset all</source>
            <translation>Alles &amp;zurücksetzen</translation>
        </message>
        <message>
            <source>Everything here as it was in the beginning.</source>
            <translation>Alles hier so, wie es anfangs war.</translation>
        </message>
        <message>
            <source>Back to the default: %1</source>
            <translation>Zurück zur Vorgabe: %1</translation>
        </message>
        <message>
            <source>%1: back to the default, %2</source>
            <translation>%1: zurück zur Vorgabe, %2</translation>
        </message>
        <message>
            <source>Default: %1.</source>
            <translation>Vorgabe: %1.</translation>
        </message>
        <message>
            <source>as the system</source>
            <translation>wie das System</translation>
        </message>
        <message>
            <source>as the language</source>
            <translation>wie die Sprache</translation>
        </message>
        <message>
            <source>with a point: 0.35</source>
            <translation>mit Punkt: 0.35</translation>
        </message>
        <message>
            <source>&amp;Numbers</source>
            <translation>&amp;Zahlen</translation>
        </message>
        <message>
            <source>How windows write them. Files, commands and the scalarizer's words always have a point.</source>
            <translation>Wie Fenster sie schreiben. Dateien, Befehle und die Worte des Skalarisierers haben immer einen Punkt.</translation>
        </message>
        <message>
            <source>Size of the &amp;font</source>
            <translation>&amp;Schriftgröße</translation>
        </message>
        <message>
            <source>Of the system's, 80 to 200 %, also in plots.</source>
            <translation>Bezogen auf die des Systems, 80 bis 200 %, auch in Diagrammen.</translation>
        </message>
        <message>
            <source>C&amp;hoose…</source>
            <translation>Ä&amp;ndern …</translation>
        </message>
        <message>
            <source>Another folder for recordings.</source>
            <translation>Ein anderer Ordner für Aufzeichnungen.</translation>
        </message>
        <message>
            <source>Folder for recordings</source>
            <translation>Ordner für Aufzeichnungen</translation>
        </message>
        <message>
            <source>The workspace of runs that begin while none is open. It is made with the first of them.</source>
            <translation>Der Arbeitsbereich der Läufe, die beginnen, während keiner geöffnet ist. Er wird mit dem ersten von ihnen angelegt.</translation>
        </message>
        <message>
            <source>F&amp;older</source>
            <translation>&amp;Ordner</translation>
        </message>
        <message>
            <source>&amp;Who signs versions…</source>
            <translation>&amp;Wer Versionen zeichnet …</translation>
        </message>
        <message>
            <source>Name and e-mail that git writes into the versions of the workspace that is open.</source>
            <translation>Name und E-Mail-Adresse, die git in die Versionen des geöffneten Arbeitsbereichs schreibt.</translation>
        </message>
        <message>
            <source>A folder for recordings</source>
            <translation>Ein Ordner für Aufzeichnungen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::SpectrumView</name>
        <message>
            <source>Spectrum</source>
            <translation>Spektrum</translation>
        </message>
        <message>
            <source>Counts</source>
            <translation>Impulse</translation>
        </message>
        <message>
            <source>Logarithmic counts</source>
            <translation>Logarithmische Zählwerte</translation>
        </message>
        <message>
            <source>Counts on a logarithmic axis (L).</source>
            <translation>Zählwerte auf einer logarithmischen Achse (L).</translation>
        </message>
        <message>
            <source>Residual</source>
            <translation>Residuum</translation>
        </message>
        <message>
            <source>Measured − predicted before it was measured, with ± 2 σ of the prediction about 0 (R). Where whole spectra are predicted.</source>
            <translation>Gemessen − vorhergesagt vor der Messung, mit ± 2 σ der Vorhersage um 0 (R). Wo ganze Spektren vorhergesagt werden.</translation>
        </message>
        <message>
            <source>A spectrum appears here when one is measured or predicted.</source>
            <translation>Ein Spektrum erscheint hier, sobald eines gemessen oder vorhergesagt ist.</translation>
        </message>
        <message>
            <source>predicted %1 ± %2</source>
            <translation>vorhergesagt %1 ± %2</translation>
        </message>
        <message>
            <source>&amp;Logarithmic counts</source>
            <translation>&amp;Logarithmische Zählwerte</translation>
        </message>
        <message>
            <source>Show the &amp;whole spectrum</source>
            <translation>&amp;Ganzes Spektrum zeigen</translation>
        </message>
        <message>
            <source>&amp;Copy the picture</source>
            <translation>Bild &amp;kopieren</translation>
        </message>
        <message>
            <source>%1: measured − predicted</source>
            <translation>%1: gemessen − vorhergesagt</translation>
        </message>
        <message>
            <source>measured</source>
            <translation>gemessen</translation>
        </message>
        <message>
            <source>predicted</source>
            <translation>vorhergesagt</translation>
        </message>
        <message>
            <source>standard deviation of the prediction</source>
            <translation>Standardabweichung der Vorhersage</translation>
        </message>
        <message>
            <source>row %1, column %2</source>
            <translation>Zeile %1, Spalte %2</translation>
        </message>
    </context>
    <context>
        <name>helmscope::StageDialog</name>
        <message>
            <source>Move the stage</source>
            <translation>Tisch bewegen</translation>
        </message>
        <message>
            <source>The stage of %1 is at %2.</source>
            <translation>Der Tisch von %1 steht bei %2.</translation>
        </message>
        <message>
            <source>°</source>
            <translation>°</translation>
        </message>
        <message>
            <source> nm</source>
            <translation> nm</translation>
        </message>
        <message>
            <source>New position along %1</source>
            <translation>Neue Stellung längs %1</translation>
        </message>
        <message>
            <source>%1, from %2 to %3</source>
            <translation>%1, von %2 bis %3</translation>
        </message>
        <message>
            <source>&amp;Move the stage</source>
            <translation>Tisch &amp;bewegen</translation>
        </message>
        <message>
            <source>%1 from %2 to %3</source>
            <translation>%1 von %2 nach %3</translation>
        </message>
        <message>
            <source>Nothing is to move yet.</source>
            <translation>Noch ist nichts zu bewegen.</translation>
        </message>
        <message>
            <source>%1 moves: %2. The beam is blanked meanwhile. The image shows another part of the sample afterwards, and what was measured lies elsewhere. A move is logged by the instrument's server and cannot be undone.</source>
            <translation>%1 bewegt sich: %2. Der Strahl ist währenddessen ausgetastet. Danach zeigt das Bild einen anderen Teil der Probe, und das Gemessene liegt anderswo. Der Server des Instruments vermerkt die Bewegung; sie lässt sich nicht rückgängig machen.</translation>
        </message>
        <message>
            <source>%1 moves: %2. Whether the beam is on is not known, and it is not blanked for this: blank it at the microscope first. An abort does not stop the stage. The image shows another part of the sample afterwards, and what was measured lies elsewhere. A move cannot be undone.</source>
            <translation>%1 bewegt sich: %2. Ob der Strahl an ist, ist nicht bekannt, und er wird dafür nicht ausgetastet: Tasten Sie ihn zuerst am Mikroskop aus. Ein Abbruch hält den Tisch nicht an. Das Bild zeigt danach einen anderen Teil der Probe, und was gemessen wurde, liegt anderswo. Eine Bewegung lässt sich nicht zurücknehmen.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::StatusLine</name>
        <message>
            <source>Cursor</source>
            <translation>Cursor</translation>
        </message>
        <message>
            <source>000.0 nm, 000.0 nm (row 000, col 000)</source>
            <translation>000.0 nm, 000.0 nm (Zeile 000, Sp. 000)</translation>
        </message>
        <message>
            <source>Values under the cursor</source>
            <translation>Werte unter dem Cursor</translation>
        </message>
        <message>
            <source>Step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>Trust</source>
            <translation>Vertrauen</translation>
        </message>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>Instrument</source>
            <translation>Instrument</translation>
        </message>
        <message>
            <source>Outcome</source>
            <translation>Ergebnis</translation>
        </message>
        <message>
            <source>Recording</source>
            <translation>Aufzeichnung</translation>
        </message>
        <message>
            <source>What the servers of the workspace do not have yet; opens Push.</source>
            <translation>Was die Server des Arbeitsbereichs noch nicht haben; öffnet „Übertragen (Push)“.</translation>
        </message>
        <message>
            <source>Job</source>
            <translation>Auftrag</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <source>Cancel this job</source>
            <translation>Diesen Auftrag abbrechen</translation>
        </message>
        <message>
            <source>Cancels this job.</source>
            <translation>Bricht diesen Auftrag ab.</translation>
        </message>
        <message>
            <source>Everything that is going on, waits or has failed (Ctrl+J).</source>
            <translation>Alles, was läuft, wartet oder fehlgeschlagen ist (Strg+J).</translation>
        </message>
        <message>
            <source>jobs ○</source>
            <translation>Aufträge ○</translation>
        </message>
        <message>
            <source>Jobs: none</source>
            <translation>Aufträge: keine</translation>
        </message>
        <message>
            <source>Jobs: %1</source>
            <translation>Aufträge: %1</translation>
        </message>
        <message>
            <source>%1 left</source>
            <translation>noch %1</translation>
        </message>
        <message>
            <source>dose %1 e⁻/Å²</source>
            <translation>Dosis %1 e⁻/Å²</translation>
        </message>
        <message>
            <source>The largest dose that any one pixel has had so far.</source>
            <translation>Die größte Dosis, die ein einzelnes Pixel bisher erhalten hat.</translation>
        </message>
        <message>
            <source>The model is surer than it should be: read ± σ in the maps as that many times wider, and let it measure more, train for fewer cycles, or take the preset “default”.</source>
            <translation>Das Modell ist sicherer, als es sein sollte: Lesen Sie ± σ in den Karten um diesen Faktor breiter, und lassen Sie mehr messen, mit weniger Zyklen trainieren, oder nehmen Sie die Voreinstellung „default“.</translation>
        </message>
        <message>
            <source>The model is less sure than it could be: its maps are better than their σ says. More cycles or a longer dwell time may help.</source>
            <translation>Das Modell ist unsicherer, als es sein könnte: Seine Karten sind besser, als ihr σ sagt. Mehr Zyklen oder eine längere Verweilzeit können helfen.</translation>
        </message>
        <message>
            <source>From %1 predictions on there is a verdict.</source>
            <translation>Ab %1 Vorhersagen gibt es ein Urteil.</translation>
        </message>
        <message>
            <source>The ± σ of the maps can be taken as they are for most pixels. Look at the steps far outside: a fault, drift, or a feature that the image does not show.</source>
            <translation>Das ± σ der Karten kann für die meisten Pixel so genommen werden, wie es ist. Sehen Sie sich die Schritte weit außerhalb an: ein Fehler, Drift oder ein Merkmal, das das Bild nicht zeigt.</translation>
        </message>
        <message>
            <source>The ± σ of the maps can be taken as they are.</source>
            <translation>Das ± σ der Karten kann so genommen werden, wie es ist.</translation>
        </message>
        <message>
            <source>Of %1 values, each predicted before it was measured, %2 / %3 / %4 % lay within the 50 / 80 / 95 % intervals.</source>
            <translation>Von %1 Werten, jeder vor seiner Messung vorhergesagt, lagen %2 / %3 / %4 % innerhalb der 50-/80-/95-%-Intervalle.</translation>
        </message>
        <message>
            <source>σ should be %1 times as wide (99 % sure: %2 to %3).</source>
            <translation>σ sollte %1-mal so breit sein (zu 99 % sicher: %2 bis %3).</translation>
        </message>
        <message>
            <source>The model chooses pixels it is unsure of or expects much of: a harder sample than the map as a whole, which is likely to be trusted a little too little by this.</source>
            <translation>Das Modell wählt Pixel, bei denen es unsicher ist oder von denen es viel erwartet: eine schwierigere Stichprobe als die Karte im Ganzen, der hiernach wohl etwas zu wenig vertraut wird.</translation>
        </message>
        <message>
            <source>recorded in %1</source>
            <translation>aufgezeichnet in %1</translation>
        </message>
        <message>
            <source>run %1</source>
            <translation>Lauf %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::StepModel</name>
        <message>
            <source>nearest</source>
            <translation>nächstgelegenes</translation>
        </message>
        <message>
            <source>predicted</source>
            <translation>vorhergesagt</translation>
        </message>
        <message>
            <source>initial</source>
            <translation>Anfang</translation>
        </message>
        <message>
            <source>you queued it</source>
            <translation>von Ihnen vorgemerkt</translation>
        </message>
        <message>
            <source>%1 ± %2</source>
            <comment>mean, deviation</comment>
            <translation>%1 ± %2</translation>
        </message>
        <message>
            <source>not defined</source>
            <translation>nicht definiert</translation>
        </message>
        <message>
            <source>(%1) %2</source>
            <comment>stands in: nearest, its value</comment>
            <translation>(%1) %2</translation>
        </message>
        <message>
            <source>Heating: %1.</source>
            <translation>Erwärmung: %1.</translation>
        </message>
        <message>
            <source>How far the measured value lay from the predicted one, in deviations (noise counted). Beyond ±2 should be one in twenty.</source>
            <translation>Wie weit der gemessene Wert vom vorhergesagten lag, in Standardabweichungen (Rauschen eingerechnet). Jenseits von ±2 sollte einer von zwanzig liegen.</translation>
        </message>
        <message>
            <source>Nobody measured here: this is what the nearest pixel answered.</source>
            <translation>Niemand hat hier gemessen: Das hat das nächstgelegene Pixel geantwortet.</translation>
        </message>
        <message>
            <source>Nobody measured here: this is what the other run's last model expected.</source>
            <translation>Niemand hat hier gemessen: Das hat das letzte Modell des anderen Laufs erwartet.</translation>
        </message>
        <message>
            <source>Changed before this step: %1</source>
            <translation>Vor diesem Schritt geändert: %1</translation>
        </message>
        <message>
            <source>%1 (%2)</source>
            <comment>name (unit)</comment>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>What the acquisition function thought this pixel was worth.</source>
            <translation>Wie viel dieses Pixel nach der Akquisitionsfunktion wert war.</translation>
        </message>
        <message>
            <source>What the model expected before measuring, ± one deviation.</source>
            <translation>Was das Modell vor der Messung erwartete, ± eine Standardabweichung.</translation>
        </message>
        <message>
            <source>What was measured.</source>
            <translation>Was gemessen wurde.</translation>
        </message>
        <message>
            <source>What was measured: %1.</source>
            <translation>Was gemessen wurde: %1.</translation>
        </message>
        <message>
            <source>(measured − predicted) / deviation, noise counted.</source>
            <translation>(gemessen − vorhergesagt) / Standardabweichung, Rauschen eingerechnet.</translation>
        </message>
        <message>
            <source>Measuring, learning and predicting together.</source>
            <translation>Messen, Lernen und Vorhersagen zusammen.</translation>
        </message>
        <message>
            <source>Step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>Row</source>
            <translation>Zeile</translation>
        </message>
        <message>
            <source>Col</source>
            <translation>Sp.</translation>
        </message>
        <message>
            <source>x (nm)</source>
            <translation>x (nm)</translation>
        </message>
        <message>
            <source>y (nm)</source>
            <translation>y (nm)</translation>
        </message>
        <message>
            <source>Why</source>
            <translation>Warum</translation>
        </message>
        <message>
            <source>Worth</source>
            <translation>Nutzen</translation>
        </message>
        <message>
            <source>Predicted</source>
            <translation>Vorhergesagt</translation>
        </message>
        <message>
            <source>Measured</source>
            <translation>Gemessen</translation>
        </message>
        <message>
            <source>Error (σ)</source>
            <translation>Fehler (σ)</translation>
        </message>
        <message>
            <source>Dwell (s)</source>
            <translation>Verweilzeit (s)</translation>
        </message>
        <message>
            <source>Dose (e⁻/Å²)</source>
            <translation>Dosis (e⁻/Å²)</translation>
        </message>
        <message>
            <source>Time (s)</source>
            <translation>Zeit (s)</translation>
        </message>
    </context>
    <context>
        <name>helmscope::SweepPage</name>
        <message>
            <source>Co&amp;lour by</source>
            <translation>&amp;Färben nach</translation>
        </message>
        <message>
            <source>Colour by</source>
            <translation>Färben nach</translation>
        </message>
        <message>
            <source>Keep all again</source>
            <translation>Wieder alle behalten</translation>
        </message>
        <message>
            <source>Takes back what was dragged along the axes. (Esc)</source>
            <translation>Nimmt zurück, was entlang der Achsen gezogen wurde. (Esc)</translation>
        </message>
        <message>
            <source>A&amp;xes</source>
            <translation>&amp;Achsen</translation>
        </message>
        <message>
            <source>Which parameters and metrics have an axis.</source>
            <translation>Welche Parameter und Metriken eine Achse haben.</translation>
        </message>
        <message>
            <source>C&amp;urve of</source>
            <translation>K&amp;urve von</translation>
        </message>
        <message>
            <source>Curve of</source>
            <translation>Kurve von</translation>
        </message>
        <message>
            <source>Execution, the oldest first</source>
            <translation>Ausführung, die älteste zuerst</translation>
        </message>
    </context>
    <context>
        <name>helmscope::SyncWatch</name>
        <message>
            <source>Looking what is not pushed</source>
            <translation>Nicht Hochgeladenes wird gesucht</translation>
        </message>
        <message>
            <source>Pushing what waited</source>
            <translation>Wartendes wird hochgeladen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::SyncWords</name>
        <message>
            <source>and %1 more</source>
            <translation>und %1 weitere</translation>
        </message>
        <message>
            <source>1 execution</source>
            <translation>1 Ausführung</translation>
        </message>
        <message>
            <source>%1 executions</source>
            <translation>%1 Ausführungen</translation>
        </message>
        <message>
            <source>1 file</source>
            <translation>1 Datei</translation>
        </message>
        <message>
            <source>%1 files</source>
            <translation>%1 Dateien</translation>
        </message>
        <message>
            <source>1 version</source>
            <translation>1 Version</translation>
        </message>
        <message>
            <source>%1 versions</source>
            <translation>%1 Versionen</translation>
        </message>
        <message>
            <source>done</source>
            <translation>erledigt</translation>
        </message>
        <message>
            <source>partly</source>
            <translation>teilweise</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>fehlgeschlagen</translation>
        </message>
        <message>
            <source>waits until it can be reached</source>
            <translation>wartet, bis die Gegenstelle erreichbar ist</translation>
        </message>
        <message>
            <source>stopped</source>
            <translation>angehalten</translation>
        </message>
        <message>
            <source>To know</source>
            <translation>Zu wissen</translation>
        </message>
        <message>
            <source>What the server would lose, and what is sent instead</source>
            <translation>Was der Server verlöre, und was stattdessen gesendet wird</translation>
        </message>
        <message>
            <source>Stays here by your rule</source>
            <translation>Bleibt nach Ihrer Regel hier</translation>
        </message>
        <message>
            <source>New runs</source>
            <translation>Neue Läufe</translation>
        </message>
        <message>
            <source>1 new execution in the lineage.</source>
            <translation>1 neue Ausführung in der Herkunft.</translation>
        </message>
        <message>
            <source>%1 new executions in the lineage.</source>
            <translation>%1 neue Ausführungen in der Herkunft.</translation>
        </message>
        <message>
            <source>1 file came.</source>
            <translation>1 Datei ist gekommen.</translation>
        </message>
        <message>
            <source>%1 files came.</source>
            <translation>%1 Dateien sind gekommen.</translation>
        </message>
        <message>
            <source>Not pushed yet: %1</source>
            <translation>Noch nicht hochgeladen: %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Theme</name>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>Dim red</source>
            <translation>Gedämpftes Rot</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
    </context>
    <context>
        <name>helmscope::TimeRange</name>
        <message>
            <source>Time filter</source>
            <translation>Zeitfilter</translation>
        </message>
        <message>
            <source>When things were made. Drag the ends to leave out what is earlier or later; a double click takes all of it.</source>
            <translation>Wann etwas erzeugt wurde. Ziehen Sie die Enden, um Früheres oder Späteres wegzulassen; ein Doppelklick nimmt alles.</translation>
        </message>
        <message>
            <source>All times</source>
            <translation>Alle Zeiten</translation>
        </message>
        <message>
            <source>From %1 to %2</source>
            <translation>Von %1 bis %2</translation>
        </message>
        <message>
            <source>No times are known.</source>
            <translation>Es sind keine Zeiten bekannt.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Timeline</name>
        <message>
            <source>Timeline</source>
            <translation>Zeitleiste</translation>
        </message>
        <message>
            <source>Steps of the run</source>
            <translation>Schritte des Laufs</translation>
        </message>
        <message>
            <source>A word to find this step again; Enter keeps it.</source>
            <translation>Ein Wort, um diesen Schritt wiederzufinden; die Eingabetaste speichert es.</translation>
        </message>
        <message>
            <source>Text of the mark</source>
            <translation>Text der Marke</translation>
        </message>
        <message>
            <source>First step</source>
            <translation>Erster Schritt</translation>
        </message>
        <message>
            <source>To the first step (Home).</source>
            <translation>Zum ersten Schritt (Pos1).</translation>
        </message>
        <message>
            <source>Previous mark</source>
            <translation>Vorige Marke</translation>
        </message>
        <message>
            <source>To the mark before this step (Ctrl+Left).</source>
            <translation>Zur Marke vor diesem Schritt (Strg+Links).</translation>
        </message>
        <message>
            <source>One step back</source>
            <translation>Ein Schritt zurück</translation>
        </message>
        <message>
            <source>One step back (Left).</source>
            <translation>Ein Schritt zurück (Links).</translation>
        </message>
        <message>
            <source>Play</source>
            <translation>Abspielen</translation>
        </message>
        <message>
            <source>One step on</source>
            <translation>Ein Schritt weiter</translation>
        </message>
        <message>
            <source>One step on (Right).</source>
            <translation>Ein Schritt weiter (Rechts).</translation>
        </message>
        <message>
            <source>Next mark</source>
            <translation>Nächste Marke</translation>
        </message>
        <message>
            <source>To the mark after this step (Ctrl+Right).</source>
            <translation>Zur Marke nach diesem Schritt (Strg+Rechts).</translation>
        </message>
        <message>
            <source>Newest step</source>
            <translation>Neuester Schritt</translation>
        </message>
        <message>
            <source>To the newest step, and follows it (End).</source>
            <translation>Zum neuesten Schritt, und folgt ihm (Ende).</translation>
        </message>
        <message>
            <source>Speed of playing</source>
            <translation>Abspielgeschwindigkeit</translation>
        </message>
        <message>
            <source>How much faster than the run itself was. Where its times are not known a step takes half a second; no wait is longer than ten.</source>
            <translation>Wie viel schneller, als der Lauf selbst war. Wo seine Zeiten nicht bekannt sind, dauert ein Schritt eine halbe Sekunde; keine Wartezeit ist länger als zehn.</translation>
        </message>
        <message>
            <source>%1×</source>
            <translation>%1×</translation>
        </message>
        <message>
            <source>Step that is looked at</source>
            <translation>Betrachteter Schritt</translation>
        </message>
        <message>
            <source>Mark this step</source>
            <translation>Diesen Schritt markieren</translation>
        </message>
        <message>
            <source>Branch from here</source>
            <translation>Hier verzweigen</translation>
        </message>
        <message>
            <source>Mark</source>
            <translation>Marke</translation>
        </message>
        <message>
            <source>Branch</source>
            <translation>Zweig</translation>
        </message>
        <message>
            <source>The last of the first points.</source>
            <translation>Der letzte der ersten Punkte.</translation>
        </message>
        <message>
            <source>What is at step %1? Enter keeps the mark, Esc does not.</source>
            <translation>Was ist bei Schritt %1? Die Eingabetaste speichert die Marke, Esc nicht.</translation>
        </message>
        <message>
            <source>Stop playing</source>
            <translation>Abspielen anhalten</translation>
        </message>
        <message>
            <source>Stops playing (Space).</source>
            <translation>Hält das Abspielen an (Leertaste).</translation>
        </message>
        <message>
            <source>Plays the steps as they came (Space).</source>
            <translation>Spielt die Schritte ab, wie sie kamen (Leertaste).</translation>
        </message>
        <message>
            <source>Keeps a word at this step, to find it again (M).</source>
            <translation>Vermerkt ein Wort bei diesem Schritt, um ihn wiederzufinden (M).</translation>
        </message>
        <message>
            <source>What if? Goes on from this step in another way (B).</source>
            <translation>Was wäre, wenn? Macht ab diesem Schritt auf andere Weise weiter (B).</translation>
        </message>
        <message>
            <source>Step %1 of %2</source>
            <translation>Schritt %1 von %2</translation>
        </message>
        <message>
            <source>No steps yet</source>
            <translation>Noch keine Schritte</translation>
        </message>
    </context>
    <context>
        <name>helmscope::TimelineTrack</name>
        <message>
            <source>◆ A mark.</source>
            <translation>◆ Eine Marke.</translation>
        </message>
        <message>
            <source>◆ Mark: %1</source>
            <translation>◆ Marke: %1</translation>
        </message>
        <message>
            <source>▲ Changed before it: %1</source>
            <translation>▲ Davor geändert: %1</translation>
        </message>
        <message>
            <source>⚠ %1</source>
            <translation>⚠ %1</translation>
        </message>
        <message>
            <source>The steps of a run appear here.</source>
            <translation>Hier erscheinen die Schritte eines Laufs.</translation>
        </message>
        <message>
            <source>Step %1. %2</source>
            <translation>Schritt %1. %2</translation>
        </message>
        <message>
            <source>and %1 more</source>
            <translation>und %1 weitere</translation>
        </message>
        <message>
            <source>Step %1</source>
            <translation>Schritt %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Tr</name>
        <message>
            <source>Files it knows:</source>
            <translation>Bekannte Dateien:</translation>
        </message>
        <message>
            <source>
  runs and meta-models of Helmscope (.h5)</source>
            <translation>
  Läufe und Metamodelle von Helmscope (.h5)</translation>
        </message>
        <message>
            <source>How it learns (default "default"):</source>
            <translation>Wie gelernt wird (Voreinstellung „default“):</translation>
        </message>
        <message>
            <source>'%1' is not a whole number from 0 to 2^64 - 1.</source>
            <translation>„%1“ ist keine ganze Zahl von 0 bis 2^64 - 1.</translation>
        </message>
        <message>
            <source>What learns from the spectra:</source>
            <translation>Was aus den Spektren lernt:</translation>
        </message>
        <message>
            <source>How the next pixel is chosen (default uncertainty):</source>
            <translation>Wie das nächste Pixel gewählt wird (Voreinstellung uncertainty):</translation>
        </message>
        <message>
            <source>Cannot use %1: it holds no finite number.</source>
            <translation>%1 kann nicht verwendet werden: Es ist keine endliche Zahl enthalten.</translation>
        </message>
        <message>
            <source>the tag '%1' claims %2 entries</source>
            <translation>das Tag „%1“ gibt %2 Einträge an</translation>
        </message>
        <message>
            <source>the tag '%1' describes no struct</source>
            <translation>das Tag „%1“ beschreibt keine Struktur</translation>
        </message>
        <message>
            <source>the tag '%1' has a field of an unknown kind</source>
            <translation>das Tag „%1“ hat ein Feld unbekannter Art</translation>
        </message>
        <message>
            <source>The patch of %1 pixels around row %2, column %3 reaches over the image's edge.</source>
            <translation>Der Ausschnitt von %1 Pixeln um Zeile %2, Spalte %3 reicht über den Bildrand hinaus.</translation>
        </message>
        <message>
            <source>'%1' must be a list, but something else stands</source>
            <translation>„%1“ muss eine Liste sein, aber etwas anderes steht</translation>
        </message>
        <message>
            <source>a pipeline</source>
            <translation>eine Pipeline</translation>
        </message>
        <message>
            <source>a stage</source>
            <translation>eine Stufe</translation>
        </message>
        <message>
            <source>a stage without a name ends</source>
            <translation>eine Stufe ohne Namen endet</translation>
        </message>
        <message>
            <source>an execution</source>
            <translation>eine Ausführung</translation>
        </message>
        <message>
            <source>an event</source>
            <translation>ein Ereignis</translation>
        </message>
        <message>
            <source>the type of an event must be 0 to 7, but it ends</source>
            <translation>der Typ eines Ereignisses muss 0 bis 7 sein, aber es endet</translation>
        </message>
        <message>
            <source>an event without an artifact ends</source>
            <translation>ein Ereignis ohne Artefakt endet</translation>
        </message>
        <message>
            <source>an artifact</source>
            <translation>ein Artefakt</translation>
        </message>
        <message>
            <source>an artifact without a type, or without a name and a uri, ends</source>
            <translation>ein Artefakt ohne Typ oder ohne Namen und URI endet</translation>
        </message>
        <message>
            <source>it answers with a message of kind %1 that was not asked for.</source>
            <translation>Die Antwort ist eine Nachricht der Art %1, nach der nicht gefragt wurde.</translation>
        </message>
        <message>
            <source>No microscope is known at %1: %2</source>
            <translation>Unter %1 ist kein Mikroskop bekannt: %2</translation>
        </message>
        <message>
            <source>%1 has no image: initialize its microscope and register its data there first (%2)</source>
            <translation>%1 hat kein Bild: Zuerst dort das Mikroskop initialisieren und seine Daten anmelden (%2)</translation>
        </message>
        <message>
            <source>%1 at %2</source>
            <translation>%1 bei %2</translation>
        </message>
        <message>
            <source>the energies of %1</source>
            <translation>Energien von %1</translation>
        </message>
        <message>
            <source>Survey image</source>
            <translation>Übersichtsbild</translation>
        </message>
        <message>
            <source>%1 × %2 pixels; their size is not told</source>
            <translation>%1 × %2 Pixel; ihre Größe wird nicht mitgeteilt</translation>
        </message>
        <message>
            <source>Spectrum at a pixel</source>
            <translation>Spektrum an einem Pixel</translation>
        </message>
        <message>
            <source>%1 channels of %2</source>
            <translation>%1 Kanäle von %2</translation>
        </message>
        <message>
            <source>Dwell</source>
            <translation>Verweilzeit</translation>
        </message>
        <message>
            <source>its data are recorded</source>
            <translation>die Daten sind aufgezeichnet</translation>
        </message>
        <message>
            <source>Blank the beam</source>
            <translation>Strahl austasten</translation>
        </message>
        <message>
            <source>an abort only ends the waiting here</source>
            <translation>ein Abbruch beendet hier nur das Warten</translation>
        </message>
        <message>
            <source>Lease</source>
            <translation>Belegung</translation>
        </message>
        <message>
            <source>anybody else can use it as well</source>
            <translation>alle anderen können es ebenfalls benutzen</translation>
        </message>
        <message>
            <source>Stage</source>
            <translation>Stufe</translation>
        </message>
        <message>
            <source>none that can be moved from here</source>
            <translation>keiner, der sich von hier bewegen lässt</translation>
        </message>
        <message>
            <source>its image has %1 sides.</source>
            <translation>Das Bild hat %1 Dimensionen.</translation>
        </message>
        <message>
            <source>The simulated microscope cannot work: the image's noise must be from 0 to 1 of its range, not %1.</source>
            <translation>Das simulierte Mikroskop kann nicht arbeiten: Das Bildrauschen muss zwischen 0 und 1 des Wertebereichs liegen, nicht bei %1.</translation>
        </message>
        <message>
            <source>The simulated microscope cannot work: the beam current must be from 0 to 1000000 pA, not %1.</source>
            <translation>Das simulierte Mikroskop kann nicht arbeiten: Der Strahlstrom muss zwischen 0 und 1000000 pA liegen, nicht bei %1.</translation>
        </message>
        <message>
            <source>The simulated microscope cannot work: drift, walk, defocus, contamination and the time of a survey must be numbers up to 1000 each.</source>
            <translation>Das simulierte Mikroskop kann nicht arbeiten: Drift, Zufallswanderung, Defokus, Kontamination und die Zeit einer Übersichtsaufnahme müssen Zahlen bis jeweils 1000 sein.</translation>
        </message>
        <message>
            <source>%1 cannot be written: %2.</source>
            <translation>%1 kann nicht geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>%1 is damaged: '%2' is not a list of the length it should have.</source>
            <translation>%1 ist beschädigt: „%2“ ist keine Liste der verlangten Länge.</translation>
        </message>
        <message>
            <source>%1: '%2' must be a whole number from 0 to 2^64 - 1.</source>
            <translation>%1: „%2“ muss eine ganze Zahl von 0 bis 2^64 - 1 sein.</translation>
        </message>
        <message>
            <source>Cannot read the run %1: '%2' has not the shape of what it is to hold.</source>
            <translation>Der Lauf %1 kann nicht gelesen werden: „%2“ hat nicht die Form dessen, was darin stehen soll.</translation>
        </message>
        <message>
            <source>a whole number from 0 to 2^64 - 1 (above 2^53 as a text)</source>
            <translation>eine ganze Zahl von 0 bis 2^64 - 1 (über 2^53 als Text)</translation>
        </message>
        <message>
            <source>its step %1 has the hash '%2'.</source>
            <translation>Schritt %1 hat den Hash „%2“.</translation>
        </message>
        <message>
            <source>'%1' is no outcome that is known.</source>
            <translation>„%1“ ist kein bekanntes Ergebnis.</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is '%3' and no hash.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ ist „%3“ und kein Hash.</translation>
        </message>
        <message>
            <source>%1 (%2)</source>
            <comment>name (unit)</comment>
            <translation>%1 (%2)</translation>
        </message>
        <message>
            <source>Index</source>
            <translation>Index</translation>
        </message>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>Uncertainty σ</source>
            <translation>Unsicherheit σ</translation>
        </message>
        <message>
            <source>Acquisition</source>
            <translation>Akquisition</translation>
        </message>
        <message>
            <source>Step %1, pixel (%2, %3): measured %4 %5.</source>
            <translation>Schritt %1, Pixel (%2, %3): gemessen %4 %5.</translation>
        </message>
        <message>
            <source>%1: %2</source>
            <comment>array, shape</comment>
            <translation>%1: %2</translation>
        </message>
        <message>
            <source>array</source>
            <translation>Array</translation>
        </message>
        <message>
            <source>Not shown: %1.</source>
            <translation>Nicht gezeigt: %1.</translation>
        </message>
        <message>
            <source>%1 is too large for a model of ours.</source>
            <translation>%1 ist zu groß für ein Modell von Helmscope.</translation>
        </message>
        <message>
            <source>Cannot read %1: %2.</source>
            <translation>%1 kann nicht gelesen werden: %2.</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Wert</translation>
        </message>
        <message>
            <source>Features</source>
            <translation>Merkmale</translation>
        </message>
        <message>
            <source>a network of %1, to %2</source>
            <translation>ein Netz aus %1, auf %2</translation>
        </message>
        <message>
            <source>rings about the centre</source>
            <translation>Ringe um die Mitte</translation>
        </message>
        <message>
            <source>%1 principal components</source>
            <translation>%1 Hauptkomponenten</translation>
        </message>
        <message>
            <source>Kernel</source>
            <translation>Kern</translation>
        </message>
        <message>
            <source>squared exponential</source>
            <translation>quadratisch-exponentiell</translation>
        </message>
        <message>
            <source>Matérn 5/2</source>
            <translation>Matérn 5/2</translation>
        </message>
        <message>
            <source>Noise</source>
            <translation>Rauschen</translation>
        </message>
        <message>
            <source>of counting</source>
            <translation>Zählrauschen</translation>
        </message>
        <message>
            <source>constant</source>
            <translation>konstant</translation>
        </message>
        <message>
            <source>Cycles</source>
            <translation>Zyklen</translation>
        </message>
        <message>
            <source>Seed</source>
            <translation>Startwert</translation>
        </message>
        <message>
            <source>Training points</source>
            <translation>Trainingspunkte</translation>
        </message>
        <message>
            <source>Outputs</source>
            <translation>Ausgänge</translation>
        </message>
        <message>
            <source>Lengthscales</source>
            <translation>Längenskalen</translation>
        </message>
        <message>
            <source>Scale, one deviation</source>
            <translation>Skala, eine Standardabweichung</translation>
        </message>
        <message>
            <source>Noise, one deviation</source>
            <translation>Rauschen, eine Standardabweichung</translation>
        </message>
        <message>
            <source>not trained</source>
            <translation>nicht trainiert</translation>
        </message>
        <message>
            <source>Hash</source>
            <translation>Hash</translation>
        </message>
        <message>
            <source>Step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>measured</source>
            <translation>gemessen</translation>
        </message>
        <message>
            <source>best</source>
            <translation>Bestwert</translation>
        </message>
        <message>
            <source>Mean uncertainty</source>
            <translation>Mittlere Unsicherheit</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Güte</translation>
        </message>
        <message>
            <source>coverage</source>
            <translation>Abdeckung</translation>
        </message>
        <message>
            <source>%1 steps of %2.</source>
            <translation>%1 Schritte von %2.</translation>
        </message>
        <message>
            <source>%1 is not in this workspace.</source>
            <translation>%1 ist nicht in diesem Arbeitsbereich.</translation>
        </message>
        <message>
            <source>'%1' is no piece of a run.</source>
            <translation>„%1“ ist kein Teil eines Laufs.</translation>
        </message>
        <message>
            <source>Counts</source>
            <translation>Impulse</translation>
        </message>
        <message>
            <source>Its maps were not kept: the plan keeps those of some steps only.</source>
            <translation>Die Karten dazu wurden nicht behalten: Der Plan behält nur die mancher Schritte.</translation>
        </message>
        <message>
            <source>Training cycle</source>
            <translation>Trainingszyklus</translation>
        </message>
        <message>
            <source>Loss</source>
            <translation>Verlust</translation>
        </message>
        <message>
            <source>Of the models between, the run keeps the hash and how they learnt; the last one is in model.dkl.</source>
            <translation>Von den Modellen dazwischen behält der Lauf den Hash und ihren Lernverlauf; das letzte ist in model.dkl.</translation>
        </message>
        <message>
            <source>Row</source>
            <translation>Zeile</translation>
        </message>
        <message>
            <source>Its first %L1 lines are shown.</source>
            <translation>Die ersten %L1 Zeilen werden gezeigt.</translation>
        </message>
        <message>
            <source>Line %1 is no JSON object: it is left out.</source>
            <translation>Zeile %1 ist kein JSON-Objekt: Sie wird ausgelassen.</translation>
        </message>
        <message>
            <source>There is no view for what %1 holds.</source>
            <translation>Für den Inhalt von %1 gibt es keine Ansicht.</translation>
        </message>
        <message>
            <source>Its first %L1 characters are shown.</source>
            <translation>Die ersten %L1 Zeichen werden gezeigt.</translation>
        </message>
        <message>
            <source>%1 is no picture that can be shown.</source>
            <translation>%1 ist kein Bild, das sich zeigen lässt.</translation>
        </message>
        <message>
            <source>%1 × %2 pixels.</source>
            <translation>%1 × %2 Pixel.</translation>
        </message>
        <message>
            <source>The file has changed since: this is what it holds now.</source>
            <translation>Die Datei hat sich seither geändert: Dies ist ihr jetziger Inhalt.</translation>
        </message>
        <message>
            <source>Metric</source>
            <translation>Metrik</translation>
        </message>
        <message>
            <source>The store lies in no workspace, so the file itself is not known here.</source>
            <translation>Der Speicher liegt in keinem Arbeitsbereich, daher ist die Datei selbst hier nicht bekannt.</translation>
        </message>
        <message>
            <source>%1 is not in this workspace: it may be pulled from where it was pushed to.</source>
            <translation>%1 ist nicht in diesem Arbeitsbereich: Vielleicht lässt es sich von dort herunterladen, wohin es hochgeladen wurde.</translation>
        </message>
        <message>
            <source>%1, β %2</source>
            <translation>%1, β %2</translation>
        </message>
        <message>
            <source>%1, ξ %2</source>
            <translation>%1, ξ %2</translation>
        </message>
        <message>
            <source>settings of its own</source>
            <translation>eigene Einstellungen</translation>
        </message>
        <message>
            <source>%1: %2 instead of %3.</source>
            <translation>%1: %2 statt %3.</translation>
        </message>
        <message>
            <source>Heating</source>
            <translation>Erwärmung</translation>
        </message>
        <message>
            <source>Looks for</source>
            <translation>Sucht nach</translation>
        </message>
        <message>
            <source>Measurements from here</source>
            <translation>Messungen ab hier</translation>
        </message>
        <message>
            <source>Keeps at least %1 pixels away from what was measured afterwards.</source>
            <translation>Bleibt mindestens %1 Pixel von dem entfernt, was danach gemessen wurde.</translation>
        </message>
        <message>
            <source>No full recording of this sample is known.</source>
            <translation>Von dieser Probe ist keine vollständige Aufzeichnung bekannt.</translation>
        </message>
        <message>
            <source>The sample's file is not there any more: %1.</source>
            <translation>Die Datei der Probe ist nicht mehr da: %1.</translation>
        </message>
        <message>
            <source>No map of a model was recorded with this run.</source>
            <translation>Mit diesem Lauf wurde keine Karte eines Modells aufgezeichnet.</translation>
        </message>
        <message>
            <source>Helmscope %1: steers a scanning transmission electron microscope by deep kernel learning.</source>
            <translation>Helmscope %1: steuert ein Rastertransmissionselektronenmikroskop mit Deep Kernel Learning.</translation>
        </message>
        <message>
            <source>Exit codes: 0 done, 1 error (one sentence on stderr), 2 wrong usage, 130 stopped by SIGINT or SIGTERM (what was done is saved).
Each command explains itself: helmscope-cli explore --help</source>
            <translation>Rückgabewerte: 0 erledigt, 1 Fehler (ein Satz auf stderr), 2 falscher Aufruf, 130 durch SIGINT oder SIGTERM angehalten (das Erreichte ist gespeichert).
Jeder Befehl erklärt sich selbst: helmscope-cli explore --help</translation>
        </message>
        <message>
            <source>Name a command: info, catalog, explore, metatrain, replay, branch, compare, export, lineage, serve, conform, init, runs, import, recover, restore, remote, push or pull.</source>
            <translation>Einen Befehl angeben: info, catalog, explore, metatrain, replay, branch, compare, export, lineage, serve, conform, init, runs, import, recover, restore, remote, push oder pull.</translation>
        </message>
        <message>
            <source>helmscope-cli: %1
Run with --help for more information.</source>
            <translation>helmscope-cli: %1
Weitere Angaben mit --help.</translation>
        </message>
        <message>
            <source>helmscope-cli: %1</source>
            <translation>helmscope-cli: %1</translation>
        </message>
        <message>
            <source>The run measured nothing after step %1: say with --steps how many measurements the branch shall make.</source>
            <translation>Nach Schritt %1 hat der Lauf nichts gemessen: mit --steps angeben, wie viele Messungen der Zweig machen soll.</translation>
        </message>
        <message>
            <source>  branch         from step %1 of %2; %3 of %4 values stand in for pixels that nobody measured</source>
            <translation>  Zweig          ab Schritt %1 von %2; %3 von %4 Werten ersetzen Pixel, die niemand gemessen hat</translation>
        </message>
        <message>
            <source>unreadable</source>
            <translation>nicht lesbar</translation>
        </message>
        <message>
            <source>%1 of %2 recordings; %3 read now, %4 moved, %5 gone, %6 not understood</source>
            <translation>%1 von %2 Aufzeichnungen; %3 jetzt gelesen, %4 verschoben, %5 verschwunden, %6 nicht verstanden</translation>
        </message>
        <message>
            <source>Fields: format, path and%1
Example:
  helmscope-cli catalog ~/data --query "sto detector:haadf beamEnergyKev&gt;=200"
</source>
            <translation>Felder: format, path und%1
Beispiel:
  helmscope-cli catalog ~/data --query "sto detector:haadf beamEnergyKev&gt;=200"
</translation>
        </message>
        <message>
            <source>--reach %1 is no goal: write one like rmse=0.05, of %2.</source>
            <translation>--reach %1 ist kein Ziel: eines wie rmse=0.05 angeben, mit einem von %2.</translation>
        </message>
        <message>
            <source>%1 and %2 more</source>
            <translation>%1 und %2 weitere</translation>
        </message>
        <message>
            <source>run</source>
            <translation>Lauf</translation>
        </message>
        <message>
            <source>steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>%1 and %2 part at step %3.</source>
            <translation>%1 und %2 trennen sich bei Schritt %3.</translation>
        </message>
        <message>
            <source>%1 and %2 never part.</source>
            <translation>%1 und %2 trennen sich nie.</translation>
        </message>
        <message>
            <source>%1 differs from %2 in %3.</source>
            <translation>%1 unterscheidet sich von %2: %3.</translation>
        </message>
        <message>
            <source>%1 never reached %2.</source>
            <translation>%1 hat %2 nie erreicht.</translation>
        </message>
        <message>
            <source>%1 reached %2 at step %3, after %4 s and %5 e⁻/Å².</source>
            <translation>%1 hat %2 bei Schritt %3 erreicht, nach %4 s und %5 e⁻/Å².</translation>
        </message>
        <message>
            <source>%1 is one of the runs: write to another file.</source>
            <translation>%1 ist einer der Läufe: in eine andere Datei schreiben.</translation>
        </message>
        <message>
            <source>%1 exists already: give another name, or add --overwrite.</source>
            <translation>%1 gibt es bereits: anderen Namen angeben oder --overwrite hinzufügen.</translation>
        </message>
        <message>
            <source>Cannot write %1: %2.</source>
            <translation>%1 kann nicht geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>--figure writes SVG: let %1 end with .svg.</source>
            <translation>--figure schreibt SVG: %1 auf .svg enden lassen.</translation>
        </message>
        <message>
            <source>Comparing</source>
            <translation>Vergleich läuft</translation>
        </message>
        <message>
            <source>works</source>
            <translation>funktioniert</translation>
        </message>
        <message>
            <source>missing</source>
            <translation>fehlt</translation>
        </message>
        <message>
            <source>WRONG</source>
            <translation>FALSCH</translation>
        </message>
        <message>
            <source>skipped</source>
            <translation>ausgelassen</translation>
        </message>
        <message>
            <source>Only servers of Helmscope's own protocol can be tried.</source>
            <translation>Nur Server mit dem Protokoll von Helmscope lassen sich prüfen.</translation>
        </message>
        <message>
            <source>Trying</source>
            <translation>Prüfung</translation>
        </message>
        <message>
            <source>An answer takes %1 ms, a spectrum %2 ms beyond its dwell, an abort %3 ms.</source>
            <translation>Eine Antwort dauert %1 ms, ein Spektrum %2 ms über die Verweilzeit hinaus, ein Abbruch %3 ms.</translation>
        </message>
        <message>
            <source>The server conforms.</source>
            <translation>Der Server ist konform.</translation>
        </message>
        <message>
            <source>The server does not conform.</source>
            <translation>Der Server ist nicht konform.</translation>
        </message>
        <message>
            <source>Reading</source>
            <translation>Lesen</translation>
        </message>
        <message>
            <source>There is no run %1 in %2.</source>
            <translation>In %2 gibt es keinen Lauf %1.</translation>
        </message>
        <message>
            <source>Run %1 is still going on.</source>
            <translation>Lauf %1 ist noch im Gange.</translation>
        </message>
        <message>
            <source>Run %1 has ended (%2) and cannot go on; branch from it instead.</source>
            <translation>Lauf %1 ist beendet (%2) und kann nicht weitergehen; stattdessen davon abzweigen.</translation>
        </message>
        <message>
            <source>The plan branches from run %1: name the --workspace that has it.</source>
            <translation>Der Plan zweigt von Lauf %1 ab: den --workspace angeben, der ihn enthält.</translation>
        </message>
        <message>
            <source>Over %1 seeds, median (quartiles):</source>
            <translation>Über %1 Startwerte, Median (Quartile):</translation>
        </message>
        <message>
            <source>--meta-after says when to choose: name with --meta-among what from.</source>
            <translation>--meta-after sagt, wann gewählt wird: Nennen Sie mit --meta-among, woraus.</translation>
        </message>
        <message>
            <source>--continue goes on as the run was planned: leave out what the plan says.</source>
            <translation>--continue fährt fort, wie der Lauf geplant war: weglassen, was der Plan sagt.</translation>
        </message>
        <message>
            <source>%1 exists already: give --save-plan another name, or add --overwrite.</source>
            <translation>%1 gibt es bereits: bei --save-plan anderen Namen angeben oder --overwrite hinzufügen.</translation>
        </message>
        <message>
            <source>No --scalarizer was given: %1 it is.</source>
            <translation>Es wurde kein --scalarizer angegeben: verwendet wird %1.</translation>
        </message>
        <message>
            <source>Cannot make the folder %1.</source>
            <translation>Der Ordner %1 kann nicht angelegt werden.</translation>
        </message>
        <message>
            <source>%1 exists already: give --out another folder, or add --overwrite.</source>
            <translation>%1 gibt es bereits: bei --out anderen Ordner angeben oder --overwrite hinzufügen.</translation>
        </message>
        <message>
            <source>axis</source>
            <translation>Achse</translation>
        </message>
        <message>
            <source>   %1 … %2%3</source>
            <translation>   %1 … %2%3</translation>
        </message>
        <message>
            <source>, %1%2 each</source>
            <translation>, je %1%2</translation>
        </message>
        <message>
            <source>, not uniform</source>
            <translation>, nicht gleichmäßig</translation>
        </message>
        <message>
            <source>   not calibrated</source>
            <translation>   nicht kalibriert</translation>
        </message>
        <message>
            <source>(the array)</source>
            <translation>(das Array)</translation>
        </message>
        <message>
            <source>  %1 frames</source>
            <translation>  %1 Einzelbilder</translation>
        </message>
        <message>
            <source>%1: run of Helmscope</source>
            <translation>%1: Lauf von Helmscope</translation>
        </message>
        <message>
            <source>sample</source>
            <translation>Probe</translation>
        </message>
        <message>
            <source>simulated, %1 × %2, seed %3</source>
            <translation>simuliert, %1 × %2, Startwert %3</translation>
        </message>
        <message>
            <source>instrument</source>
            <translation>Gerät</translation>
        </message>
        <message>
            <source>value</source>
            <translation>Wert</translation>
        </message>
        <message>
            <source>acquisition</source>
            <translation>Akquisition</translation>
        </message>
        <message>
            <source>heating</source>
            <translation>Erwärmung</translation>
        </message>
        <message>
            <source>plan</source>
            <translation>Plan</translation>
        </message>
        <message>
            <source>%1 steps, patch %2, %3 cycles, seed %4</source>
            <translation>%1 Schritte, Ausschnitt %2, %3 Zyklen, Startwert %4</translation>
        </message>
        <message>
            <source>%1 pixels, %2 of them first points</source>
            <translation>%1 Pixel, davon %2 Anfangspunkte</translation>
        </message>
        <message>
            <source>outcome</source>
            <translation>Ausgang</translation>
        </message>
        <message>
            <source>best value</source>
            <translation>bester Wert</translation>
        </message>
        <message>
            <source>quality</source>
            <translation>Güte</translation>
        </message>
        <message>
            <source>R² %1, RMSE %2%3, NLPD %4, coverage %5 % over %6 pixels</source>
            <translation>R² %1, RMSE %2%3, NLPD %4, Abdeckung %5 % über %6 Pixel</translation>
        </message>
        <message>
            <source>trust</source>
            <translation>Vertrauen</translation>
        </message>
        <message>
            <source>%1: meta-model of Helmscope</source>
            <translation>%1: Metamodell von Helmscope</translation>
        </message>
        <message>
            <source>%1: %2, %3</source>
            <translation>%1: %2, %3</translation>
        </message>
        <message>
            <source>Stopped while reading %1.</source>
            <translation>Beim Lesen von %1 angehalten.</translation>
        </message>
        <message>
            <source>No node of the lineage is called "%1": give a name, a hash, a uuid or an id such as execution:3.</source>
            <translation>Kein Knoten der Herkunft heißt „%1“: einen Namen, einen Hash, eine UUID oder eine Id wie execution:3 angeben.</translation>
        </message>
        <message>
            <source>"%1" names %2 nodes: say which (%3).</source>
            <translation>„%1“ bezeichnet %2 Knoten: angeben, welcher gemeint ist (%3).</translation>
        </message>
        <message>
            <source>%1, joined by content</source>
            <translation>%1, über den Inhalt verbunden</translation>
        </message>
        <message>
            <source>%1: store of ML-Metadata, schema %2</source>
            <translation>%1: Speicher von ML-Metadata, Schema %2</translation>
        </message>
        <message>
            <source>%1: pipeline document of CMF</source>
            <translation>%1: Pipelinedokument von CMF</translation>
        </message>
        <message>
            <source>  %1 artifacts, %2 executions, %3 events</source>
            <translation>  %1 Artefakte, %2 Ausführungen, %3 Ereignisse</translation>
        </message>
        <message>
            <source>Artifacts by type</source>
            <translation>Artefakte nach Typ</translation>
        </message>
        <message>
            <source>Executions by type</source>
            <translation>Ausführungen nach Typ</translation>
        </message>
        <message>
            <source>Executions by pipeline</source>
            <translation>Ausführungen nach Pipeline</translation>
        </message>
        <message>
            <source>Executions by stage</source>
            <translation>Ausführungen nach Stufe</translation>
        </message>
        <message>
            <source>Nothing is wrong, and a CMF server would lose nothing.</source>
            <translation>Alles ist in Ordnung, und ein CMF-Server würde nichts verlieren.</translation>
        </message>
        <message>
            <source>%1 nodes are in no stage, and not in the document.</source>
            <translation>%1 Knoten sind in keiner Stufe und nicht im Dokument.</translation>
        </message>
        <message>
            <source>CMF's document has no states of nodes (%1) and no times of events (%2).</source>
            <translation>Das Dokument von CMF hat keine Zustände von Knoten (%1) und keine Zeiten von Ereignissen (%2).</translation>
        </message>
        <message>
            <source>--export knows %1, not "%2".</source>
            <translation>--export kennt %1, nicht „%2“.</translation>
        </message>
        <message>
            <source>Cannot write to stdout: %1.</source>
            <translation>Auf stdout kann nicht geschrieben werden: %1.</translation>
        </message>
        <message>
            <source>Nothing joins "%1" and "%2".</source>
            <translation>Nichts verbindet „%1“ und „%2“.</translation>
        </message>
        <message>
            <source>%1: %2 artifacts, %3 executions, %4 events</source>
            <translation>%1: %2 Artefakte, %3 Ausführungen, %4 Ereignisse</translation>
        </message>
        <message>
            <source>Name a store: helmscope-cli lineage STORE.</source>
            <translation>Einen Speicher angeben: helmscope-cli lineage STORE.</translation>
        </message>
        <message>
            <source>%1: meta-model</source>
            <translation>%1: Metamodell</translation>
        </message>
        <message>
            <source>%1 is no table of a sweep: it has no 'trials'.</source>
            <translation>%1 ist keine Tabelle eines Sweeps: „trials“ fehlt.</translation>
        </message>
        <message>
            <source>%1, at distance %2: %3 %4, RMSE %5, NLPD %6</source>
            <translation>%1, im Abstand %2: %3 %4, RMSE %5, NLPD %6</translation>
        </message>
        <message>
            <source>The settings of the first, for --settings:
%1</source>
            <translation>Die Einstellungen des ersten, für --settings:
%1</translation>
        </message>
        <message>
            <source>There is no version of it in the workspace: %1</source>
            <translation>Im Arbeitsbereich gibt es davon keine Version: %1</translation>
        </message>
        <message>
            <source>The lineage lacks this training: %1</source>
            <translation>In der Herkunft fehlt dieses Training: %1</translation>
        </message>
        <message>
            <source>A sweep needs tasks for validation: at least as many tasks as --validate-every says.</source>
            <translation>Ein Sweep braucht Aufgaben zur Validierung: mindestens so viele Aufgaben, wie --validate-every angibt.</translation>
        </message>
        <message>
            <source>Stopped after %1 trainings.</source>
            <translation>Nach %1 Trainings angehalten.</translation>
        </message>
        <message>
            <source>--out names the meta-model that is to be made.</source>
            <translation>--out nennt das Metamodell, das erzeugt werden soll.</translation>
        </message>
        <message>
            <source>%1 exists already: give --out another name, or add --overwrite.</source>
            <translation>%1 gibt es bereits: bei --out anderen Namen angeben oder --overwrite hinzufügen.</translation>
        </message>
        <message>
            <source>%1 cannot be written: its folder is not there, or not ours.</source>
            <translation>%1 kann nicht geschrieben werden: Der Ordner fehlt oder ist für Sie nicht beschreibbar.</translation>
        </message>
        <message>
            <source>Networks are learnt on the GPU.</source>
            <translation>Netze lernen auf der GPU.</translation>
        </message>
        <message>
            <source>%1 tasks to learn on, %2 to validate on; %3 processes with %4 jobs.</source>
            <translation>%1 Aufgaben zum Lernen, %2 zur Validierung; %3 Prozesse mit %4 Jobs.</translation>
        </message>
        <message>
            <source>Meta-training</source>
            <translation>Metatraining</translation>
        </message>
        <message>
            <source>Stopped. What was done is in %1; --resume goes on with it.</source>
            <translation>Angehalten. Das bisher Erreichte liegt in %1; --resume setzt es fort.</translation>
        </message>
        <message>
            <source>--simulate is '%1' and must be rows x columns from 32x32 to 512x512, such as 96x96.</source>
            <translation>--simulate ist „%1“ und muss Zeilen x Spalten von 32x32 bis 512x512 sein, etwa 96x96.</translation>
        </message>
        <message>
            <source>--image needs what is to be measured at its pixels: either --spectra or --values.</source>
            <translation>--image braucht, was an den Pixeln zu messen ist: entweder --spectra oder --values.</translation>
        </message>
        <message>
            <source>--spectra needs --scalarizer, which says what a spectrum is worth: --scalarizer band:A-B for the mean from A to B.</source>
            <translation>--spectra braucht --scalarizer, der sagt, was ein Spektrum wert ist: --scalarizer band:A-B für den Mittelwert von A bis B.</translation>
        </message>
        <message>
            <source>What is measured</source>
            <translation>Was gemessen wird</translation>
        </message>
        <message>
            <source>What is looked for</source>
            <translation>Wonach gesucht wird</translation>
        </message>
        <message>
            <source>How it learns</source>
            <translation>Wie gelernt wird</translation>
        </message>
        <message>
            <source>How long</source>
            <translation>Wie lange</translation>
        </message>
        <message>
            <source>Files</source>
            <translation>Dateien</translation>
        </message>
        <message>
            <source>There is nothing to explore: name --image, --simulate, --instrument or --plan.</source>
            <translation>Es gibt nichts zu erkunden: --image, --simulate, --instrument oder --plan angeben.</translation>
        </message>
        <message>
            <source>--bin has no use without --vector, except on a recording.</source>
            <translation>--bin hat ohne --vector keinen Sinn, außer bei einer Aufzeichnung.</translation>
        </message>
        <message>
            <source>'%1' must be two numbers with a comma between them, such as 0.5,-0.2.</source>
            <translation>„%1“ muss aus zwei Zahlen mit einem Komma dazwischen bestehen, etwa 0.5,-0.2.</translation>
        </message>
        <message>
            <source>'%1' must be row and column of a pixel, such as 12,34.</source>
            <translation>„%1“ muss Zeile und Spalte eines Pixels sein, etwa 12,34.</translation>
        </message>
        <message>
            <source>--reference and --most-change need --reference-every, which says how often the reference is measured.</source>
            <translation>--reference und --most-change brauchen --reference-every, das sagt, wie oft die Referenz gemessen wird.</translation>
        </message>
        <message>
            <source>--drift, --drift-walk, --defocus and --contamination are of the simulated sample: a recorded one holds still.</source>
            <translation>--drift, --drift-walk, --defocus und --contamination gehören zur simulierten Probe: Eine aufgezeichnete hält still.</translation>
        </message>
        <message>
            <source>An instrument that does not hold still</source>
            <translation>Ein Gerät, das nicht stillhält</translation>
        </message>
        <message>
            <source>time left unknown</source>
            <translation>Restzeit unbekannt</translation>
        </message>
        <message>
            <source>%1 h %2 min left</source>
            <translation>noch %1 h %2 min</translation>
        </message>
        <message>
            <source>%1 min %2 s left</source>
            <translation>noch %1 min %2 s</translation>
        </message>
        <message>
            <source>%1 s left</source>
            <translation>noch %1 s</translation>
        </message>
        <message>
            <source>Cannot write %1: there is no folder %2. Make it first.</source>
            <translation>%1 kann nicht geschrieben werden: Es gibt keinen Ordner %2. Ihn zuerst anlegen.</translation>
        </message>
        <message>
            <source>Cannot write %1: it is one of the files to explore. Give --out another name.</source>
            <translation>%1 kann nicht geschrieben werden: Es ist eine der zu erkundenden Dateien. Bei --out anderen Namen angeben.</translation>
        </message>
        <message>
            <source>%1 is not a file and is not overwritten: give --out another name.</source>
            <translation>%1 ist keine Datei und wird nicht überschrieben: bei --out anderen Namen angeben.</translation>
        </message>
        <message>
            <source>Cannot replace %1: %2. The old file is as it was.</source>
            <translation>%1 kann nicht ersetzt werden: %2. Die alte Datei ist unverändert.</translation>
        </message>
        <message>
            <source>%1 is no workspace, and not empty: make one of it with helmscope-cli init %1</source>
            <translation>%1 ist kein Arbeitsbereich und nicht leer: als solchen einrichten mit helmscope-cli init %1</translation>
        </message>
        <message>
            <source>A remote is for metadata, artifacts or versions, not for %1.</source>
            <translation>Eine Gegenstelle ist für metadata, artifacts oder versions, nicht für %1.</translation>
        </message>
        <message>
            <source>Say what %1 is for: --kind metadata, artifacts or versions.</source>
            <translation>Angeben, wofür %1 ist: --kind metadata, artifacts oder versions.</translation>
        </message>
        <message>
            <source>There is no remote %1 in %2.</source>
            <translation>In %2 gibt es keine Gegenstelle %1.</translation>
        </message>
        <message>
            <source>Several remotes are called %1: say which with --kind.</source>
            <translation>Mehrere Gegenstellen heißen %1: mit --kind angeben, welche gemeint ist.</translation>
        </message>
        <message>
            <source>Secret key of %1: </source>
            <translation>Geheimer Schlüssel von %1: </translation>
        </message>
        <message>
            <source>Token of %1: </source>
            <translation>Token von %1: </translation>
        </message>
        <message>
            <source>Password of %1: </source>
            <translation>Passwort von %1: </translation>
        </message>
        <message>
            <source>Its secret is kept in %1.</source>
            <translation>Das Geheimnis liegt in %1.</translation>
        </message>
        <message>
            <source>An option of a remote is KEY=VALUE, not %1.</source>
            <translation>Eine Option einer Gegenstelle ist KEY=VALUE, nicht %1.</translation>
        </message>
        <message>
            <source>%1 is a remote for %2 of %3.</source>
            <translation>%1 ist eine Gegenstelle für %2 von %3.</translation>
        </message>
        <message>
            <source>Everything goes to %1 in clear, tokens too: use https where you can.</source>
            <translation>Alles geht unverschlüsselt an %1, auch Token: wo möglich https verwenden.</translation>
        </message>
        <message>
            <source>There are no remotes in %1.</source>
            <translation>In %1 gibt es keine Gegenstellen.</translation>
        </message>
        <message>
            <source>%1 is no remote any more; its secret is forgotten.</source>
            <translation>%1 ist keine Gegenstelle mehr; das Geheimnis dazu ist vergessen.</translation>
        </message>
        <message>
            <source>waiting for %1: %2</source>
            <translation>wartet auf %1: %2</translation>
        </message>
        <message>
            <source>%1 is in no workspace of Helmscope: name one with --workspace.</source>
            <translation>%1 ist in keinem Arbeitsbereich von Helmscope: einen mit --workspace angeben.</translation>
        </message>
        <message>
            <source>No secret came from the terminal or standard input.</source>
            <translation>Weder vom Terminal noch von der Standardeingabe kam ein Geheimnis.</translation>
        </message>
        <message>
            <source>Servers and stores that a workspace is pushed to and pulled from</source>
            <translation>Server und Speicher, mit denen ein Arbeitsbereich per Push und Pull abgeglichen wird</translation>
        </message>
        <message>
            <source>Adds one, or changes it</source>
            <translation>Fügt eine hinzu oder ändert sie</translation>
        </message>
        <message>
            <source>Lists them</source>
            <translation>Listet sie auf</translation>
        </message>
        <message>
            <source>Says whether one can be used, and as what</source>
            <translation>Sagt, ob eine verwendbar ist, und als was</translation>
        </message>
        <message>
            <source>Removes one, and forgets its secret</source>
            <translation>Entfernt eine und vergisst ihr Geheimnis</translation>
        </message>
        <message>
            <source>What went where and when, newest first; what waits</source>
            <translation>Was wann wohin ging, das Neueste zuerst; was wartet</translation>
        </message>
        <message>
            <source>Verifying</source>
            <translation>Überprüfung</translation>
        </message>
        <message>
            <source>%1, %2, %3 steps, seed %4</source>
            <translation>%1, %2, %3 Schritte, Startwert %4</translation>
        </message>
        <message>
            <source> step      pixel       why         value      expected      σ      dose</source>
            <translation> Schritt    Pixel  Grund             Wert   erwartet          σ     Dosis</translation>
        </message>
        <message>
            <source>  measured       %1 pixels, seed %2</source>
            <translation>  gemessen       %1 Pixel, Startwert %2</translation>
        </message>
        <message>
            <source>  best %1: %2%3</source>
            <translation>  Bestwert %1: %2%3</translation>
        </message>
        <message>
            <source>  over the %1 pixels not measured:</source>
            <translation>  über die %1 nicht gemessenen Pixel:</translation>
        </message>
        <message>
            <source>    R²           %1</source>
            <translation>    R²           %1</translation>
        </message>
        <message>
            <source>    RMSE         %1%2</source>
            <translation>    RMSE         %1%2</translation>
        </message>
        <message>
            <source>    NLPD         %1</source>
            <translation>    NLPD         %1</translation>
        </message>
        <message>
            <source>    coverage     %1 % of the truth within 95 % intervals</source>
            <translation>    Abdeckung    %1 % der wahren Werte innerhalb der 95-%-Intervalle</translation>
        </message>
        <message>
            <source>  trust          %1</source>
            <translation>  Vertrauen      %1</translation>
        </message>
        <message>
            <source>    coverage     %1, %2, %3 % of the values within 50, 80, 95 % intervals predicted before</source>
            <translation>    Abdeckung    %1, %2, %3 % der Werte innerhalb der zuvor vorhergesagten Intervalle von 50, 80, 95 %</translation>
        </message>
        <message>
            <source>    NLPD         %1 predicted before, %2 leaving one out</source>
            <translation>    NLPD         %1 zuvor vorhergesagt, %2 bei Auslassen je eines Punkts</translation>
        </message>
        <message>
            <source>  time a step    %1 s (median), %2 s (95 %)</source>
            <translation>  Zeit/Schritt   %1 s (Median), %2 s (95 %)</translation>
        </message>
        <message>
            <source>step %1, value %2</source>
            <translation>Schritt %1, Wert %2</translation>
        </message>
        <message>
            <source>, R² %1</source>
            <translation>, R² %1</translation>
        </message>
        <message>
            <source>, mean σ %1</source>
            <translation>, mittleres σ %1</translation>
        </message>
        <message>
            <source>%1 pixels were measured and nothing is saved, for want of --out.</source>
            <translation>%1 Pixel wurden gemessen, und nichts ist gespeichert, da --out fehlt.</translation>
        </message>
        <message>
            <source>The %1 pixels measured are saved in %2.</source>
            <translation>Die %1 gemessenen Pixel sind in %2 gespeichert.</translation>
        </message>
        <message>
            <source>  saved in       %1</source>
            <translation>  gespeichert in %1</translation>
        </message>
        <message>
            <source>Exploring</source>
            <translation>Erkundung</translation>
        </message>
        <message>
            <source>Stopping; once more kills.</source>
            <translation>Wird angehalten; noch einmal bricht sofort ab.</translation>
        </message>
        <message>
            <source>Step %1: %2</source>
            <translation>Schritt %1: %2</translation>
        </message>
        <message>
            <source>There is no run %1: name a run's file or its folder.</source>
            <translation>Es gibt keinen Lauf %1: die Datei eines Laufs oder dessen Ordner angeben.</translation>
        </message>
        <message>
            <source>%1 is no run of Helmscope, or it is damaged at its beginning.</source>
            <translation>%1 ist kein Lauf von Helmscope oder am Anfang beschädigt.</translation>
        </message>
        <message>
            <source>Name what is to be served: either --simulate or --data.</source>
            <translation>Angeben, was bereitgestellt werden soll: entweder --simulate oder --data.</translation>
        </message>
        <message>
            <source>%1 at %2:%3; end with Ctrl-C.</source>
            <translation>%1 unter %2:%3; mit Strg+C beenden.</translation>
        </message>
        <message>
            <source>What is served</source>
            <translation>Was bereitgestellt wird</translation>
        </message>
        <message>
            <source>Network</source>
            <translation>Netzwerk</translation>
        </message>
        <message>
            <source>Limits, none unless given</source>
            <translation>Grenzen, ohne Angabe keine</translation>
        </message>
        <message>
            <source>Everything is there already.</source>
            <translation>Alles ist bereits dort.</translation>
        </message>
        <message>
            <source>Stays here: %1</source>
            <translation>Bleibt hier: %1</translation>
        </message>
        <message>
            <source>%1 It is tried again later: helmscope-cli push --queued</source>
            <translation>%1 Es wird später erneut versucht: helmscope-cli push --queued</translation>
        </message>
        <message>
            <source>New runs: %1</source>
            <translation>Neue Läufe: %1</translation>
        </message>
        <message>
            <source>%1 has no default remote: add one with helmscope-cli remote add, or name one.</source>
            <translation>%1 hat keine Standardgegenstelle: mit helmscope-cli remote add hinzufügen oder eine angeben.</translation>
        </message>
        <message>
            <source>Pushing</source>
            <translation>Hochladen</translation>
        </message>
        <message>
            <source>Nothing waits.</source>
            <translation>Nichts wartet.</translation>
        </message>
        <message>
            <source>Looking</source>
            <translation>Abgleich</translation>
        </message>
        <message>
            <source>%1 is no time: write 2026-01-31, 2026-01-31T12:00:00Z or milliseconds.</source>
            <translation>%1 ist keine Zeit: 2026-01-31, 2026-01-31T12:00:00Z oder Millisekunden schreiben.</translation>
        </message>
        <message>
            <source>Pulling</source>
            <translation>Herunterladen</translation>
        </message>
        <message>
            <source>Sends what is new: lineage, artifacts and versions</source>
            <translation>Überträgt, was neu ist: Herkunft, Artefakte und Versionen</translation>
        </message>
        <message>
            <source>Fetches what others have sent, and merges it with what is here</source>
            <translation>Holt, was andere übertragen haben, und führt es mit dem Hiesigen zusammen</translation>
        </message>
        <message>
            <source>--name and --email belong together.</source>
            <translation>--name und --email gehören zusammen.</translation>
        </message>
        <message>
            <source>%1 is a workspace.</source>
            <translation>%1 ist ein Arbeitsbereich.</translation>
        </message>
        <message>
            <source>Git does not know who you are: versions are committed once you say helmscope-cli init %1 --name NAME --email ADDRESS</source>
            <translation>Git weiß nicht, wer Sie sind: Versionen werden gespeichert nach helmscope-cli init %1 --name NAME --email ADRESSE</translation>
        </message>
        <message>
            <source>going on</source>
            <translation>läuft</translation>
        </message>
        <message>
            <source>cut off</source>
            <translation>abgerissen</translation>
        </message>
        <message>
            <source>There are no runs in %1.</source>
            <translation>In %1 gibt es keine Läufe.</translation>
        </message>
        <message>
            <source>%1 steps</source>
            <translation>%1 Schritte</translation>
        </message>
        <message>
            <source>Recovering</source>
            <translation>Reparatur</translation>
        </message>
        <message>
            <source>All runs in %1 are in order.</source>
            <translation>Alle Läufe in %1 sind in Ordnung.</translation>
        </message>
        <message>
            <source>Restoring</source>
            <translation>Wiederherstellung</translation>
        </message>
        <message>
            <source>Restored in %1</source>
            <translation>Wiederhergestellt in %1</translation>
        </message>
        <message>
            <source>Importing</source>
            <translation>Import</translation>
        </message>
        <message>
            <source>Imported as %1</source>
            <translation>Importiert als %1</translation>
        </message>
        <message>
            <source>Makes a workspace: a folder that keeps runs and their versions</source>
            <translation>Richtet einen Arbeitsbereich ein: einen Ordner, der Läufe und ihre Versionen aufbewahrt</translation>
        </message>
        <message>
            <source>Lists the runs of a workspace, newest first</source>
            <translation>Listet die Läufe eines Arbeitsbereichs auf, den neuesten zuerst</translation>
        </message>
        <message>
            <source>Makes whole what was cut off by a crash, a full disk or a power failure</source>
            <translation>Repariert, was durch einen Absturz, einen vollen Datenträger oder einen Stromausfall abgeschnitten wurde</translation>
        </message>
        <message>
            <source>Takes a run that was recorded elsewhere into a workspace</source>
            <translation>Übernimmt einen anderswo aufgezeichneten Lauf in einen Arbeitsbereich</translation>
        </message>
        <message>
            <source>Puts a run back as a version has it</source>
            <translation>Stellt einen Lauf so wieder her, wie eine Version ihn hat</translation>
        </message>
        <message>
            <source>%1 is no run: choose a run file (.h5), the folder of a workspace's run, or a recording of others (.npz).</source>
            <translation>%1 ist kein Lauf: eine Laufdatei (.h5), den Ordner eines Laufs im Arbeitsbereich oder eine fremde Aufzeichnung (.npz) wählen.</translation>
        </message>
        <message>
            <source>%1 (%2 and %3 more)</source>
            <translation>%1 (%2 und %3 weitere)</translation>
        </message>
        <message>
            <source>%1, seed %2</source>
            <translation>%1, Startwert %2</translation>
        </message>
        <message>
            <source>Cannot write the table %1: is the folder there and writable?</source>
            <translation>Die Tabelle %1 kann nicht geschrieben werden: Ist der Ordner da und beschreibbar?</translation>
        </message>
        <message>
            <source>Runs %1 and %2 part at step %3.</source>
            <translation>Die Läufe %1 und %2 trennen sich bei Schritt %3.</translation>
        </message>
        <message>
            <source>Runs %1 and %2 take the same path.</source>
            <translation>Die Läufe %1 und %2 nehmen denselben Weg.</translation>
        </message>
        <message>
            <source>Where they part</source>
            <translation>Wo sie sich trennen</translation>
        </message>
        <message>
            <source>Run %1</source>
            <translation>Lauf %1</translation>
        </message>
        <message>
            <source>has the same plan.</source>
            <translation>hat denselben Plan.</translation>
        </message>
        <message>
            <source>Plans, against run 1</source>
            <translation>Pläne, gegenüber Lauf 1</translation>
        </message>
        <message>
            <source>Picture</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Table</source>
            <translation>Tabelle</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>not set</source>
            <translation>nicht gesetzt</translation>
        </message>
        <message>
            <source>Helmscope</source>
            <translation>Helmscope</translation>
        </message>
        <message>
            <source>Qt</source>
            <translation>Qt</translation>
        </message>
        <message>
            <source>%1, built with %2, %3</source>
            <translation>%1, gebaut mit %2, %3</translation>
        </message>
        <message>
            <source>BLAS</source>
            <translation>BLAS</translation>
        </message>
        <message>
            <source>%1 (%2)%3</source>
            <translation>%1 (%2)%3</translation>
        </message>
        <message>
            <source>, slow</source>
            <translation>, langsam</translation>
        </message>
        <message>
            <source>Advice</source>
            <translation>Rat</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>Farben</translation>
        </message>
        <message>
            <source>%1; text %2 pt; language %3</source>
            <translation>%1; Schrift %2 pt; Sprache %3</translation>
        </message>
        <message>
            <source>System</source>
            <translation>System</translation>
        </message>
        <message>
            <source>%1, %2 %3, %4</source>
            <translation>%1, %2 %3, %4</translation>
        </message>
        <message>
            <source>Threads</source>
            <translation>Threads</translation>
        </message>
        <message>
            <source>%1 of the machine; OMP_NUM_THREADS %2; OPENBLAS_NUM_THREADS %3; OPENBLAS_CORETYPE %4</source>
            <translation>%1 des Rechners; OMP_NUM_THREADS %2; OPENBLAS_NUM_THREADS %3; OPENBLAS_CORETYPE %4</translation>
        </message>
        <message>
            <source>Memory</source>
            <translation>Speicher</translation>
        </message>
        <message>
            <source>%1 MiB of this program (at most %2), %3 MiB free of %4</source>
            <translation>%1 MiB von diesem Programm belegt (höchstens %2), %3 MiB von %4 frei</translation>
        </message>
        <message>
            <source>Graphics</source>
            <translation>Grafik</translation>
        </message>
        <message>
            <source>painted by the processor; adapters: %1</source>
            <translation>vom Prozessor gezeichnet; Grafikkarten: %1</translation>
        </message>
        <message>
            <source>none found</source>
            <translation>keine gefunden</translation>
        </message>
        <message>
            <source>Display</source>
            <translation>Anzeige</translation>
        </message>
        <message>
            <source>platform %1; QT_SCALE_FACTOR %2</source>
            <translation>Plattform %1; QT_SCALE_FACTOR %2</translation>
        </message>
        <message>
            <source>Screen</source>
            <translation>Bildschirm</translation>
        </message>
        <message>
            <source>%1, %2 x %3 at scale %4, %5 dpi, %6 Hz</source>
            <translation>%1, %2 x %3 bei Skalierung %4, %5 dpi, %6 Hz</translation>
        </message>
        <message>
            <source>The event loop of this program is not watched.
</source>
            <translation>Die Ereignisschleife dieses Programms wird nicht überwacht.
</translation>
        </message>
        <message>
            <source>First window</source>
            <translation>Erstes Fenster</translation>
        </message>
        <message>
            <source>%1 s after the start of the program</source>
            <translation>%1 s nach dem Start des Programms</translation>
        </message>
        <message>
            <source>How long the window could not answer (under 1 ms is not counted)
</source>
            <translation>Wie lange das Fenster nicht antworten konnte (unter 1 ms wird nicht gezählt)
</translation>
        </message>
        <message>
            <source>Since the start</source>
            <translation>Seit dem Start</translation>
        </message>
        <message>
            <source>During the last run</source>
            <translation>Während des letzten Laufs</translation>
        </message>
        <message>
            <source>The latest over 16 ms, newest first: when, how long, of that the processor's time, what took longest, what was going on
</source>
            <translation>Die letzten über 16 ms, die neueste zuerst: wann, wie lange, davon Prozessorzeit, was am längsten dauerte, was gerade lief
</translation>
        </message>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>%1 holds, median %2 ms, 99 % under %3 ms, longest %4 ms; %5 over 16 ms, %6 over 50 ms</source>
            <translation>%1 Stockungen, Median %2 ms, 99 % unter %3 ms, längste %4 ms; %5 über 16 ms, %6 über 50 ms</translation>
        </message>
        <message>
            <source>step %1 of %2</source>
            <translation>Schritt %1 von %2</translation>
        </message>
        <message>
            <source>There are no numbers to write to %1: the view is empty.</source>
            <translation>Es gibt keine Zahlen, die in %1 zu schreiben wären: Die Ansicht ist leer.</translation>
        </message>
        <message>
            <source>Figures (*.png *.svg *.pdf)</source>
            <translation>Abbildungen (*.png *.svg *.pdf)</translation>
        </message>
        <message>
            <source>Numbers (*.csv *.hspy)</source>
            <translation>Zahlen (*.csv *.hspy)</translation>
        </message>
        <message>
            <source>Stopped.</source>
            <translation>Angehalten.</translation>
        </message>
        <message>
            <source>Cannot write the figure %1: its name must end in .svg, .pdf or .png.</source>
            <translation>Die Abbildung %1 kann nicht geschrieben werden: Ihr Name muss auf .svg, .pdf oder .png enden.</translation>
        </message>
        <message>
            <source>Cannot write the figure %1: is the folder there and writable?</source>
            <translation>Die Abbildung %1 kann nicht geschrieben werden: Ist der Ordner da und beschreibbar?</translation>
        </message>
        <message>
            <source>There is not enough memory for a picture of %1 × %2 pixels.</source>
            <translation>Für ein Bild von %1 × %2 Pixeln reicht der Speicher nicht.</translation>
        </message>
        <message>
            <source>Figures (*.svg *.pdf *.png)</source>
            <translation>Abbildungen (*.svg *.pdf *.png)</translation>
        </message>
        <message>
            <source>How to steer</source>
            <translation>Steuern: wie es geht</translation>
        </message>
        <message>
            <source>How to look back, branch and compare</source>
            <translation>Zurückblicken, abzweigen und vergleichen: wie es geht</translation>
        </message>
        <message>
            <source>How to browse a lineage</source>
            <translation>Eine Herkunft durchblättern: wie es geht</translation>
        </message>
        <message>
            <source>How to steer an instrument on the network</source>
            <translation>Ein Gerät im Netzwerk steuern: wie es geht</translation>
        </message>
        <message>
            <source>How to push to and pull from other sites</source>
            <translation>Mit anderen Standorten hoch- und herunterladen: wie es geht</translation>
        </message>
        <message>
            <source>Save the Python bridge</source>
            <translation>Python-Brücke speichern</translation>
        </message>
        <message>
            <source>Saved as %1: its first lines say what to do.</source>
            <translation>Gespeichert als %1: Die ersten Zeilen sagen, was zu tun ist.</translation>
        </message>
        <message>
            <source>Cannot save %1: %2.</source>
            <translation>%1 kann nicht gespeichert werden: %2.</translation>
        </message>
        <message>
            <source>Esc Esc</source>
            <translation>Esc Esc</translation>
        </message>
        <message>
            <source>ABORT: stops the microscope at once</source>
            <translation>ABBRUCH: hält das Mikroskop sofort an</translation>
        </message>
        <message>
            <source>Right-click a map</source>
            <translation>Rechtsklick auf eine Karte</translation>
        </message>
        <message>
            <source>Measure there next, keep its spectrum in view</source>
            <translation>Dort als Nächstes messen, Spektrum im Blick behalten</translation>
        </message>
        <message>
            <source>Shift+drag on a map</source>
            <translation>Umschalt+Ziehen auf einer Karte</translation>
        </message>
        <message>
            <source>Forbid a rectangle</source>
            <translation>Rechteck sperren</translation>
        </message>
        <message>
            <source>%1 on a map</source>
            <translation>%1 auf einer Karte</translation>
        </message>
        <message>
            <source>0, 1, 2, +, − on a map</source>
            <translation>0, 1, 2, +, − auf einer Karte</translation>
        </message>
        <message>
            <source>Whole map, 1:1, 2:1, larger, smaller</source>
            <translation>Ganze Karte, 1:1, 2:1, größer, kleiner</translation>
        </message>
        <message>
            <source>Space, Enter on a map</source>
            <translation>Leertaste, Eingabe auf einer Karte</translation>
        </message>
        <message>
            <source>Pin the cursor; limits by themselves again</source>
            <translation>Cursor festhalten; Grenzen wieder automatisch</translation>
        </message>
        <message>
            <source>Tab, arrows, Del on a map</source>
            <translation>Tab, Pfeile, Entf auf einer Karte</translation>
        </message>
        <message>
            <source>Next graphic, nudge it, delete it</source>
            <translation>Nächste Grafik, verschieben, löschen</translation>
        </message>
        <message>
            <source>Keyboard shortcuts</source>
            <translation>Tastenkürzel</translation>
        </message>
        <message>
            <source>&lt;h2&gt;Helmscope %1&lt;/h2&gt;&lt;p&gt;Console for autonomous electron microscopy.&lt;/p&gt;&lt;p&gt;Free software under the GNU General Public License, version 3 or later. It comes with no warranty.&lt;/p&gt;</source>
            <translation>&lt;h2&gt;Helmscope %1&lt;/h2&gt;&lt;p&gt;Konsole für autonome Elektronenmikroskopie.&lt;/p&gt;&lt;p&gt;Freie Software unter der GNU General Public License, Version 3 oder neuer. Ohne jede Gewährleistung.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>&lt;p&gt;Qt %1 (built with %2)&lt;br&gt;BLAS: %3&lt;br&gt;%4&lt;/p&gt;</source>
            <translation>&lt;p&gt;Qt %1 (gebaut mit %2)&lt;br&gt;BLAS: %3&lt;br&gt;%4&lt;/p&gt;</translation>
        </message>
        <message>
            <source>&lt;p&gt;Built on LibTorch, Eigen, HDF5, libzip and QCustomPlot.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Beruht auf LibTorch, Eigen, HDF5, libzip und QCustomPlot.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>About Helmscope</source>
            <translation>Über Helmscope</translation>
        </message>
        <message>
            <source>The recording of run %1 is not in this folder, so there are no pictures of its maps. 'Restore run as it was' brings it back from the cache, 'dvc pull' from where it was pushed to.</source>
            <translation>Die Aufzeichnung von Lauf %1 ist nicht in diesem Ordner, daher gibt es keine Bilder seiner Karten. „Lauf wiederherstellen, wie er war“ bringt sie aus dem Cache zurück, „dvc pull“ von dort, wohin sie hochgeladen wurde.</translation>
        </message>
        <message>
            <source>Run %1 ended before there were maps of it.</source>
            <translation>Lauf %1 endete, bevor es Karten davon gab.</translation>
        </message>
        <message>
            <source>helmscope-hub at %1://%2:%3, data in %4.</source>
            <translation>helmscope-hub unter %1://%2:%3, Daten in %4.</translation>
        </message>
        <message>
            <source>Token (admin; it is shown this once): %1</source>
            <translation>Token (admin; wird nur dieses eine Mal angezeigt): %1</translation>
        </message>
        <message>
            <source>Warning: other machines reach this hub without TLS, so tokens and data are there for all to read: give it --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy that has them.</source>
            <translation>Warnung: Andere Rechner erreichen diesen Hub ohne TLS, sodass Token und Daten dort für alle lesbar sind: --tls-cert und --tls-key angeben oder auf 127.0.0.1 lauschen, hinter einem Proxy, der beides hat.</translation>
        </message>
        <message>
            <source>Warning: everybody who reaches this hub may %1 without a token.</source>
            <translation>Warnung: Wer diesen Hub erreicht, darf ohne Token %1.</translation>
        </message>
        <message>
            <source>read and push</source>
            <translation>lesen und hochladen</translation>
        </message>
        <message>
            <source>read</source>
            <translation>lesen</translation>
        </message>
        <message>
            <source>all pipelines</source>
            <translation>alle Pipelines</translation>
        </message>
        <message>
            <source>There is no token "%1": helmscope-hub token list shows them.</source>
            <translation>Es gibt kein Token „%1“: helmscope-hub token list zeigt sie an.</translation>
        </message>
        <message>
            <source>beam ON</source>
            <translation>Strahl EIN</translation>
        </message>
        <message>
            <source>beam blanked</source>
            <translation>Strahl ausgetastet</translation>
        </message>
        <message>
            <source>beam unknown</source>
            <translation>Strahl unbekannt</translation>
        </message>
        <message>
            <source>leased to us</source>
            <translation>von uns belegt</translation>
        </message>
        <message>
            <source>not leased</source>
            <translation>nicht belegt</translation>
        </message>
        <message>
            <source>leased to %1</source>
            <translation>belegt von %1</translation>
        </message>
        <message>
            <source>⚠ connection lost: waiting</source>
            <translation>⚠ Verbindung verloren: wartet</translation>
        </message>
        <message>
            <source>⚠ aborted · %1</source>
            <translation>⚠ abgebrochen · %1</translation>
        </message>
        <message>
            <source>⚠ waiting · %1</source>
            <translation>⚠ wartet · %1</translation>
        </message>
        <message>
            <source>connected</source>
            <translation>verbunden</translation>
        </message>
        <message>
            <source>⚠ not connected</source>
            <translation>⚠ nicht verbunden</translation>
        </message>
        <message>
            <source>⚠ aborted</source>
            <translation>⚠ abgebrochen</translation>
        </message>
        <message>
            <source>exposures: %1</source>
            <translation>Belichtungen: %1</translation>
        </message>
        <message>
            <source>at most %1 e⁻/Å² a pixel</source>
            <translation>höchstens %1 e⁻/Å² pro Pixel</translation>
        </message>
        <message>
            <source>Lineage (mlmd *.mlmd *.db *.sqlite *.json);;All files (*)</source>
            <translation>Herkunft (mlmd *.mlmd *.db *.sqlite *.json);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Cannot read %1: %2</source>
            <comment>file, sentence</comment>
            <translation>%1 kann nicht gelesen werden: %2</translation>
        </message>
        <message>
            <source>%1 has %L2 nodes: stores of up to %L3 can be joined in a window.</source>
            <translation>%1 hat %L2 Knoten: In einem Fenster lassen sich Speicher mit bis zu %L3 verbinden.</translation>
        </message>
        <message>
            <source>Damage</source>
            <translation>Schaden</translation>
        </message>
        <message>
            <source>Would be lost</source>
            <translation>Ginge verloren</translation>
        </message>
        <message>
            <source>Note</source>
            <translation>Hinweis</translation>
        </message>
        <message>
            <source>%1: %2</source>
            <comment>severity, sentence</comment>
            <translation>%1: %2</translation>
        </message>
        <message>
            <source>%1, %2: %3</source>
            <comment>severity, node, sentence</comment>
            <translation>%1, %2: %3</translation>
        </message>
        <message>
            <source>Of the %L1 executions of run %2 the %L3 nearest are shown.</source>
            <translation>Von den %L1 Ausführungen des Laufs %2 werden die %L3 nächsten gezeigt.</translation>
        </message>
        <message>
            <source>%1 is no workspace.</source>
            <translation>%1 ist kein Arbeitsbereich.</translation>
        </message>
        <message>
            <source>Open the workspace in the console to restore runs: helmscope %1</source>
            <translation>Den Arbeitsbereich in der Konsole öffnen, um Läufe wiederherzustellen: helmscope %1</translation>
        </message>
        <message>
            <source>%1 is no table of a sweep: it has no 'trials'. It is the .json beside the table that helmscope-cli metatrain --sweep … --table writes.</source>
            <translation>%1 ist keine Tabelle eines Sweeps: „trials“ fehlt. Gemeint ist die .json neben der Tabelle, die helmscope-cli metatrain --sweep … --table schreibt.</translation>
        </message>
        <message>
            <source>least alike in %1: %2 there, %3 here (%4)</source>
            <translation>am unähnlichsten in %1: %2 dort, %3 hier (%4)</translation>
        </message>
        <message>
            <source>this run</source>
            <translation>dieser Lauf</translation>
        </message>
        <message>
            <source>Simulated, %1 × %2</source>
            <translation>Simuliert, %1 × %2</translation>
        </message>
        <message>
            <source>Run %1 of the workspace %2</source>
            <translation>Lauf %1 des Arbeitsbereichs %2</translation>
        </message>
        <message>
            <source>A sample that is made, not measured: %1 × %2 pixels</source>
            <translation>Eine erzeugte, keine gemessene Probe: %1 × %2 Pixel</translation>
        </message>
        <message>
            <source>Instrument %1</source>
            <translation>Instrument %1</translation>
        </message>
        <message>
            <source>The run is recorded in %1 instead.</source>
            <translation>Der Lauf wird stattdessen in %1 aufgezeichnet.</translation>
        </message>
        <message>
            <source>%1 The run is recorded in %2 instead.</source>
            <translation>%1 Der Lauf wird stattdessen in %2 aufgezeichnet.</translation>
        </message>
        <message>
            <source>%1 The run is not recorded.</source>
            <translation>%1 Der Lauf wird nicht aufgezeichnet.</translation>
        </message>
        <message>
            <source>%1 The run goes on, but its recording ends here.</source>
            <translation>%1 Der Lauf geht weiter, aber seine Aufzeichnung endet hier.</translation>
        </message>
        <message>
            <source>Queue a point</source>
            <translation>Punkt vormerken</translation>
        </message>
        <message>
            <source>%1 holds an image but nothing to measure: open it together with the file of its spectra, or with a map of values.</source>
            <translation>%1 enthält ein Bild, aber nichts zu messen: zusammen mit der Datei der Spektren oder mit einer Wertekarte öffnen.</translation>
        </message>
        <message>
            <source>Steers a scanning transmission electron microscope by deep kernel learning.</source>
            <translation>Steuert ein Rastertransmissionselektronenmikroskop mit Deep Kernel Learning.</translation>
        </message>
        <message>
            <source>Files with a survey image and its spectra or values, one run file, or the folder of a workspace. Without any, a simulated sample.</source>
            <translation>Dateien mit einem Übersichtsbild und dessen Spektren oder Werten, eine Laufdatei oder der Ordner eines Arbeitsbereichs. Ohne Angabe eine simulierte Probe.</translation>
        </message>
        <message>
            <source>Shows this.</source>
            <translation>Zeigt dies an.</translation>
        </message>
        <message>
            <source>Shows the version.</source>
            <translation>Zeigt die Version an.</translation>
        </message>
        <message>
            <source>The simulated sample, 32x32 to 512x512; 96x96 unless told.</source>
            <translation>Die simulierte Probe, 32x32 bis 512x512; ohne Angabe 96x96.</translation>
        </message>
        <message>
            <source>A microscope on the network: takes its survey image and steers it.</source>
            <translation>Ein Mikroskop im Netzwerk: nimmt dessen Übersichtsbild auf und steuert es.</translation>
        </message>
        <message>
            <source>Of everything random.</source>
            <translation>Startwert von allem Zufälligen.</translation>
        </message>
        <message>
            <source>Measurements after the first points.</source>
            <translation>Messungen nach den ersten Punkten.</translation>
        </message>
        <message>
            <source>First points.</source>
            <translation>Anfangspunkte.</translation>
        </message>
        <message>
            <source>Training cycles a step.</source>
            <translation>Trainingszyklen pro Schritt.</translation>
        </message>
        <message>
            <source>integrated, ei, ucb, poi, uncertainty, thompson or random.</source>
            <translation>integrated, ei, ucb, poi, uncertainty, thompson oder random.</translation>
        </message>
        <message>
            <source>What a spectrum is worth, such as band:0.35-0.55.</source>
            <translation>Was ein Spektrum wert ist, etwa band:0.35-0.55.</translation>
        </message>
        <message>
            <source>The model begins from this meta-model.</source>
            <translation>Das Modell beginnt mit diesem Metamodell.</translation>
        </message>
        <message>
            <source>Opens the table of a sweep of meta-trainings.</source>
            <translation>Öffnet die Tabelle eines Sweeps von Metatrainings.</translation>
        </message>
        <message>
            <source>Browses this lineage: a store of CMF (mlmd), or its JSON.</source>
            <translation>Durchblättert diese Herkunft: einen Speicher von CMF (mlmd) oder dessen JSON.</translation>
        </message>
        <message>
            <source>Begins with this node of the lineage: a name, a hash or an id.</source>
            <translation>Beginnt mit diesem Knoten der Herkunft: Name, Hash oder Id.</translation>
        </message>
        <message>
            <source>Opens a run at this step, its pixel marked.</source>
            <translation>Öffnet einen Lauf bei diesem Schritt, sein Pixel markiert.</translation>
        </message>
        <message>
            <source>Opens the versions of a workspace.</source>
            <translation>Öffnet die Versionen eines Arbeitsbereichs.</translation>
        </message>
        <message>
            <source>Opens the files, two to six runs, side by side.</source>
            <translation>Öffnet die Dateien, zwei bis sechs Läufe, nebeneinander.</translation>
        </message>
        <message>
            <source>Begins to steer at once.</source>
            <translation>Beginnt sofort zu steuern.</translation>
        </message>
        <message>
            <source>dark, light or dim (red).</source>
            <translation>dark, light oder dim (rot).</translation>
        </message>
        <message>
            <source>Size of the letters, 80 to 200 percent of the system's.</source>
            <translation>Größe der Schrift, 80 bis 200 Prozent von der des Systems.</translation>
        </message>
        <message>
            <source>Of the panels: steer, review, lineage or compare.</source>
            <translation>Anordnung der Bereiche: steer, review, lineage oder compare.</translation>
        </message>
        <message>
            <source>Brings this panel to the front, such as dose or reliability.</source>
            <translation>Holt diesen Bereich nach vorn, etwa dose oder reliability.</translation>
        </message>
        <message>
            <source>Of the texts, such as en or de; pseudo tests the layout.</source>
            <translation>Sprache der Texte, etwa en oder de; pseudo prüft, ob alle Texte Platz haben.</translation>
        </message>
        <message>
            <source>Of the window, in pixels.</source>
            <translation>Größe des Fensters, in Pixeln.</translation>
        </message>
        <message>
            <source>Saves pictures of the window into this folder.</source>
            <translation>Speichert Bilder des Fensters in diesem Ordner.</translation>
        </message>
        <message>
            <source>Ends by itself when all is done.</source>
            <translation>Beendet sich selbst, wenn alles getan ist.</translation>
        </message>
        <message>
            <source>With --quit: prints in the end how fast the window was, and what a report of a bug needs.</source>
            <translation>Mit --quit: gibt am Ende aus, wie schnell das Fenster war und was ein Fehlerbericht braucht.</translation>
        </message>
        <message>
            <source>Records the run in this file, in no workspace.</source>
            <translation>Zeichnet den Lauf in dieser Datei auf, in keinem Arbeitsbereich.</translation>
        </message>
        <message>
            <source>--%1 is '%2' and must be two numbers from %3 to %4, such as 96x96.</source>
            <translation>--%1 ist „%2“ und muss aus zwei Zahlen von %3 bis %4 bestehen, etwa 96x96.</translation>
        </message>
        <message>
            <source>--%1 is '%2' and must be a whole number from %3 to %4.</source>
            <translation>--%1 ist „%2“ und muss eine ganze Zahl von %3 bis %4 sein.</translation>
        </message>
        <message>
            <source>--simulate and a file cannot both be opened: leave one of them out.</source>
            <translation>--simulate und eine Datei können nicht beide geöffnet werden: eines davon weglassen.</translation>
        </message>
        <message>
            <source>--instrument opens an instrument: leave out files and --simulate.</source>
            <translation>--instrument öffnet ein Gerät: Dateien und --simulate weglassen.</translation>
        </message>
        <message>
            <source>--lineage needs the name of a store.</source>
            <translation>--lineage braucht den Namen eines Speichers.</translation>
        </message>
        <message>
            <source>--lineage opens a window of its own: leave out files, --simulate and --run.</source>
            <translation>--lineage öffnet ein eigenes Fenster: Dateien, --simulate und --run weglassen.</translation>
        </message>
        <message>
            <source>--focus names a node of a lineage: say which with --lineage STORE.</source>
            <translation>--focus nennt einen Knoten einer Herkunft: mit --lineage STORE angeben, welcher.</translation>
        </message>
        <message>
            <source>--at-step needs the file of one run.</source>
            <translation>--at-step braucht die Datei eines einzigen Laufs.</translation>
        </message>
        <message>
            <source>--compare needs the files of two to six runs.</source>
            <translation>--compare braucht die Dateien von zwei bis sechs Läufen.</translation>
        </message>
        <message>
            <source>--theme is '%1' and must be dark, light or dim.</source>
            <translation>--theme ist „%1“ und muss dark, light oder dim sein.</translation>
        </message>
        <message>
            <source>--layout is '%1' and must be one of %2.</source>
            <translation>--layout ist „%1“ und muss eines von %2 sein.</translation>
        </message>
        <message>
            <source>--diagnostics prints in the end: it needs --quit. In the window they are under Help, Diagnostics.</source>
            <translation>--diagnostics gibt am Ende aus: Dazu gehört --quit. Im Fenster steht die Diagnose unter „Hilfe“, „Diagnose“.</translation>
        </message>
        <message>
            <source>Cannot write the picture %1: is the folder there and writable?</source>
            <translation>Das Bild %1 kann nicht geschrieben werden: Ist der Ordner da und beschreibbar?</translation>
        </message>
        <message>
            <source>Picture: %1</source>
            <translation>Bild: %1</translation>
        </message>
        <message>
            <source>Save a picture</source>
            <translation>Bild speichern</translation>
        </message>
        <message>
            <source>Pictures (*.png)</source>
            <translation>Bilder (*.png)</translation>
        </message>
        <message>
            <source>Saving the picture</source>
            <translation>Das Bild wird gespeichert</translation>
        </message>
        <message>
            <source>Cannot read %1: it is larger than 64 MiB, which no plan of ours is.</source>
            <translation>%1 kann nicht gelesen werden: größer als 64 MiB, was kein Plan von Helmscope ist.</translation>
        </message>
        <message>
            <source>Cannot read %1: %2 at byte %3.</source>
            <translation>%1 kann nicht gelesen werden: %2 bei Byte %3.</translation>
        </message>
        <message>
            <source>Cannot read %1: it holds no JSON object.</source>
            <translation>%1 kann nicht gelesen werden: Es enthält kein JSON-Objekt.</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is not %3.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ muss %3 sein.</translation>
        </message>
        <message>
            <source>a number</source>
            <translation>eine Zahl</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is %3 and must lie between %4 and %5.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ ist %3 und muss zwischen %4 und %5 liegen.</translation>
        </message>
        <message>
            <source>a whole number</source>
            <translation>eine ganze Zahl</translation>
        </message>
        <message>
            <source>a text</source>
            <translation>ein Text</translation>
        </message>
        <message>
            <source>true or false</source>
            <translation>true oder false</translation>
        </message>
        <message>
            <source>This machine's OpenSSL forbids MD5, by which DVC and CMF name content: allow it in its configuration (it may be in FIPS mode).</source>
            <translation>Das OpenSSL dieses Rechners verbietet MD5, womit DVC und CMF Inhalte benennen: Erlauben Sie es in dessen Konfiguration (womöglich ist der FIPS-Modus an).</translation>
        </message>
        <message>
            <source>Cannot use '%1': its shape %2 is too large.</source>
            <translation>„%1“ kann nicht verwendet werden: Die Form %2 ist zu groß.</translation>
        </message>
        <message>
            <source>a single number</source>
            <translation>einzelne Zahl</translation>
        </message>
        <message>
            <source>Cannot use '%1': it is empty (%2).</source>
            <translation>„%1“ kann nicht verwendet werden: Es ist leer (%2).</translation>
        </message>
        <message>
            <source>Cannot use '%1' as %2: its shape is %3.</source>
            <translation>„%1“ kann nicht als %2 dienen: Die Form ist %3.</translation>
        </message>
        <message>
            <source>an image of rows and columns</source>
            <translation>Bild aus Zeilen und Spalten</translation>
        </message>
        <message>
            <source>a list of numbers</source>
            <translation>Liste von Zahlen</translation>
        </message>
        <message>
            <source>Cannot use '%1': it holds %2 numbers where its shape %3 asks for %4.</source>
            <translation>„%1“ kann nicht verwendet werden: Es enthält %2 Zahlen, die Form %3 verlangt %4.</translation>
        </message>
        <message>
            <source>Cannot search for '%1': there is no field '%2'. There are %3.</source>
            <translation>Nach „%1“ kann nicht gesucht werden: Es gibt kein Feld „%2“. Es gibt %3.</translation>
        </message>
        <message>
            <source>Cannot search for '%1': '%2' is no number.</source>
            <translation>Nach „%1“ kann nicht gesucht werden: „%2“ ist keine Zahl.</translation>
        </message>
        <message>
            <source>Cannot search for '%1': '%2' is a text, write %2:WORD.</source>
            <translation>Nach „%1“ kann nicht gesucht werden: „%2“ ist ein Text, %2:WORT schreiben.</translation>
        </message>
        <message>
            <source>Cannot read the index %1: %2.</source>
            <translation>Der Index %1 kann nicht gelesen werden: %2.</translation>
        </message>
        <message>
            <source>Cannot look through %1: there is no such folder.</source>
            <translation>%1 kann nicht durchsucht werden: Einen solchen Ordner gibt es nicht.</translation>
        </message>
        <message>
            <source>Cannot take the %1 from %2: it holds no array of %3 dimensions, only %4.</source>
            <translation>In %2 ist nichts für „%1“ zu finden: kein Array mit %3 Dimensionen, nur %4.</translation>
        </message>
        <message>
            <source>Cannot take the %1 from %2: it has no array '%3', only %4.</source>
            <translation>In %2 ist nichts für „%1“ zu finden: kein Array „%3“, nur %4.</translation>
        </message>
        <message>
            <source>Cannot use %1 as %2: it is empty (%3).</source>
            <translation>%1 kann nicht als %2 dienen: Es ist leer (%3).</translation>
        </message>
        <message>
            <source>Read fewer frames, or several channels as one: '%1?frames=1-10&amp;bin=4'.</source>
            <translation>Lesen Sie weniger Einzelbilder oder mehrere Kanäle als einen: „%1?frames=1-10&amp;bin=4“.</translation>
        </message>
        <message>
            <source>Save them with HyperSpy as .hspy, of which only what is asked for is read.</source>
            <translation>Speichern Sie sie mit HyperSpy als .hspy; davon wird nur das Verlangte gelesen.</translation>
        </message>
        <message>
            <source>Cannot use %1: its spectra take %2 of memory, of which there is %3, and %4 as they are stored here can only be read whole. %5</source>
            <translation>%1 kann nicht verwendet werden: Die Spektren brauchen %2 Speicher, frei sind %3, und %4 kann so, wie sie hier gespeichert sind, nur ganz gelesen werden. %5</translation>
        </message>
        <message>
            <source>survey image</source>
            <translation>Übersichtsbild</translation>
        </message>
        <message>
            <source>Cannot use %1 as survey image: its shape is %2, and an image has rows and columns. Name an image, for instance with --image FILE:ARRAY.</source>
            <translation>%1 kann nicht als Übersichtsbild dienen: Die Form ist %2, und ein Bild hat Zeilen und Spalten. Ein Bild angeben, zum Beispiel mit --image DATEI:ARRAY.</translation>
        </message>
        <message>
            <source>Cannot use %1: their grid of %2 × %3 does not go a whole number of times into the survey image of %4 × %5.</source>
            <translation>Helmscope kann %1 nicht verwenden: Das Raster von %2 × %3 passt nicht ganzzahlig in das Übersichtsbild von %4 × %5.</translation>
        </message>
        <message>
            <source>spectra</source>
            <translation>Spektren</translation>
        </message>
        <message>
            <source>Cannot use %1 as spectra: its shape is %2, and spectra have rows, columns and channels.</source>
            <translation>%1 kann nicht als Spektren dienen: Die Form ist %2, und Spektren haben Zeilen, Spalten und Kanäle.</translation>
        </message>
        <message>
            <source>energies</source>
            <translation>Energien</translation>
        </message>
        <message>
            <source>the spectra %1</source>
            <translation>die Spektren %1</translation>
        </message>
        <message>
            <source>the energies %1</source>
            <translation>die Energien %1</translation>
        </message>
        <message>
            <source>Cannot use %1: they are %2, but the spectra %3 have %4 channels.</source>
            <translation>Helmscope kann %1 nicht verwenden: Es sind %2, aber die Spektren %3 haben %4 Kanäle.</translation>
        </message>
        <message>
            <source>map of values</source>
            <translation>Wertekarte</translation>
        </message>
        <message>
            <source>Cannot use %1 as map of values: its shape is %2, and a map has rows and columns.</source>
            <translation>%1 kann nicht als Wertekarte dienen: Die Form ist %2, und eine Karte hat Zeilen und Spalten.</translation>
        </message>
        <message>
            <source>the values %1</source>
            <translation>die Werte %1</translation>
        </message>
        <message>
            <source>Cannot use %1: the values are %2 × %3, the spectra %4 × %5.</source>
            <translation>Helmscope kann %1 nicht verwenden: Die Werte sind %2 × %3, die Spektren %4 × %5.</translation>
        </message>
        <message>
            <source>A dataset needs a survey image: name one with --image FILE[:ARRAY].</source>
            <translation>Ein Datensatz braucht ein Übersichtsbild: eines mit --image DATEI[:ARRAY] angeben.</translation>
        </message>
        <message>
            <source>A pixel size of %1 nm cannot be used.</source>
            <translation>Eine Pixelgröße von %1 nm ist nicht verwendbar.</translation>
        </message>
        <message>
            <source>Cannot read %1: it keeps the HDF5 library busy for a long time without an end. It is damaged; if it comes from somebody else, ask for it again.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei beschäftigt die HDF5-Bibliothek lange und ohne Ende. Sie ist beschädigt; stammt sie von jemand anderem, fordern Sie sie erneut an.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is damaged in a way that the HDF5 library does not survive (%2 in a process made for a first look). If it comes from somebody else, ask for it again.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei ist so beschädigt, dass die HDF5-Bibliothek daran abstürzt (%2 in einem Prozess, der nur für einen ersten Blick da ist). Stammt sie von jemand anderem, fordern Sie sie erneut an.</translation>
        </message>
        <message>
            <source>images and spectrum images with all calibrations</source>
            <translation>Bilder und Spektrenbilder mit allen Kalibrierungen</translation>
        </message>
        <message>
            <source>images by detector, stacks, EDS event streams</source>
            <translation>Bilder nach Detektor, Stapel, EDS-Ereignisströme</translation>
        </message>
        <message>
            <source>images and spectrum images with their calibrations</source>
            <translation>Bilder und Spektrenbilder mit ihren Kalibrierungen</translation>
        </message>
        <message>
            <source>images, maps and spectra with their dimensions</source>
            <translation>Bilder, Karten und Spektren mit ihren Dimensionen</translation>
        </message>
        <message>
            <source>data with their axes</source>
            <translation>Daten mit ihren Achsen</translation>
        </message>
        <message>
            <source>diffraction patterns, as virtual images</source>
            <translation>Beugungsbilder, als virtuelle Bilder</translation>
        </message>
        <message>
            <source>images and spectrum images with their axes</source>
            <translation>Bilder und Spektrenbilder mit ihren Achsen</translation>
        </message>
        <message>
            <source>arrays without calibration</source>
            <translation>Arrays ohne Kalibrierung</translation>
        </message>
        <message>
            <source>images and stacks with the calibration of ImageJ or FEI</source>
            <translation>Bilder und Stapel mit der Kalibrierung von ImageJ oder FEI</translation>
        </message>
        <message>
            <source>an image of counts</source>
            <translation>ein Bild aus Impulsen</translation>
        </message>
        <message>
            <source>a spectrum</source>
            <translation>ein Spektrum</translation>
        </message>
        <message>
            <source>images and stacks with their pixel size</source>
            <translation>Bilder und Stapel mit ihrer Pixelgröße</translation>
        </message>
        <message>
            <source>Cannot read %1: it is a folder.</source>
            <translation>%1 kann nicht gelesen werden: Es ist ein Ordner.</translation>
        </message>
        <message>
            <source>Cannot read %1: the file is empty.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei ist leer.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is of no known format. Known are %2.</source>
            <translation>%1 kann nicht gelesen werden: Das Format ist unbekannt. Bekannt sind %2.</translation>
        </message>
        <message>
            <source>Cannot read %1: it has no '%2'.</source>
            <translation>%1 kann nicht gelesen werden: „%2“ fehlt.</translation>
        </message>
        <message>
            <source>Cannot select '%1' of '%2': write frames=FIRST-LAST or bin=CHANNELS.</source>
            <translation>„%1“ von „%2“ kann nicht ausgewählt werden: frames=ERSTES-LETZTES oder bin=KANÄLE schreiben.</translation>
        </message>
        <message>
            <source>Cannot select the frames %1 to %2 of '%3': it has %4.</source>
            <translation>Die Einzelbilder %1 bis %2 von „%3“ können nicht ausgewählt werden: Vorhanden sind %4.</translation>
        </message>
        <message>
            <source>Cannot add %1 channels of '%2' into one: it has %3, and these must be a multiple.</source>
            <translation>%1 Kanäle von „%2“ können nicht zu einem summiert werden: Es sind %3, und das muss ein Vielfaches sein.</translation>
        </message>
        <message>
            <source>(the only one)</source>
            <translation>(das einzige)</translation>
        </message>
        <message>
            <source>Cannot choose an array of %1: name one of %2.</source>
            <translation>Aus %1 kann kein Array gewählt werden: eines von %2 angeben.</translation>
        </message>
        <message>
            <source>Cannot choose an array of %1: '%2' may be any of %3.</source>
            <translation>Aus %1 kann kein Array gewählt werden: „%2“ kann jedes von %3 sein.</translation>
        </message>
        <message>
            <source>it is of version %1; 3 and 4 are known</source>
            <translation>es hat Version %1; bekannt sind 3 und 4</translation>
        </message>
        <message>
            <source>it ends in the middle of a tag, at byte %1</source>
            <translation>es endet mitten in einem Tag, bei Byte %1</translation>
        </message>
        <message>
            <source>a tag at byte %1 claims %2 bytes</source>
            <translation>ein Tag bei Byte %1 beansprucht %2 Bytes</translation>
        </message>
        <message>
            <source>its tags are nested more than %1 deep</source>
            <translation>die Tags sind mehr als %1 Ebenen tief verschachtelt</translation>
        </message>
        <message>
            <source>it has more than %1 tags</source>
            <translation>es hat mehr als %1 Tags</translation>
        </message>
        <message>
            <source>a tag of kind %1 stands at byte %2</source>
            <translation>bei Byte %2 steht ein Tag der Art %1</translation>
        </message>
        <message>
            <source>the tag '%1' does not begin as tags do</source>
            <translation>das Tag „%1“ beginnt nicht, wie Tags beginnen</translation>
        </message>
        <message>
            <source>the tag '%1' is described in %2 words</source>
            <translation>das Tag „%1“ ist mit %2 Wörtern beschrieben</translation>
        </message>
        <message>
            <source>the tag '%1' is of an unknown kind, %2</source>
            <translation>das Tag „%1“ ist von unbekannter Art, %2</translation>
        </message>
        <message>
            <source>the tag '%1' is a list of an unknown kind, %2</source>
            <translation>das Tag „%1“ ist eine Liste von unbekannter Art, %2</translation>
        </message>
        <message>
            <source>Cannot read %1: it holds no image of real numbers.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei enthält kein Bild aus reellen Zahlen.</translation>
        </message>
        <message>
            <source>Cannot read %1: it ends within image %2.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei endet innerhalb von Bild %2.</translation>
        </message>
        <message>
            <source>Cannot read %1: it has no image '%2'.</source>
            <translation>%1 kann nicht gelesen werden: Es gibt kein Bild „%2“.</translation>
        </message>
        <message>
            <source>Cannot read '%1' of %2: %3.</source>
            <translation>„%1“ von %2 kann nicht gelesen werden: %3.</translation>
        </message>
        <message>
            <source>it has no '%1'</source>
            <translation>„%1“ fehlt</translation>
        </message>
        <message>
            <source>it holds %1 where 'data' has %2 points along it</source>
            <translation>es enthält %1, wo „data“ entlang dieser Achse %2 Punkte hat</translation>
        </message>
        <message>
            <source>it holds a number that is not finite</source>
            <translation>es enthält eine Zahl, die nicht endlich ist</translation>
        </message>
        <message>
            <source>its two values do not make a step</source>
            <translation>die zwei Werte ergeben keine Schrittweite</translation>
        </message>
        <message>
            <source>Cannot read %1: none of its groups holds an array 'data'.</source>
            <translation>%1 kann nicht gelesen werden: Keine der Gruppen enthält ein Array „data“.</translation>
        </message>
        <message>
            <source>it has no dataset 'data' of plain numbers</source>
            <translation>es fehlt ein Datensatz „data“ aus einfachen Zahlen</translation>
        </message>
        <message>
            <source>a spectrum of more than %1 MiB is none</source>
            <translation>ein Spektrum von mehr als %1 MiB ist keines</translation>
        </message>
        <message>
            <source>its line '%1' is no pair of energy and counts</source>
            <translation>die Zeile „%1“ ist kein Paar aus Energie und Zählimpulsen</translation>
        </message>
        <message>
            <source>'%1' stands where a number should</source>
            <translation>„%1“ steht, wo eine Zahl stehen sollte</translation>
        </message>
        <message>
            <source>it holds no numbers behind '#SPECTRUM'</source>
            <translation>hinter „#SPECTRUM“ stehen keine Zahlen</translation>
        </message>
        <message>
            <source>it should hold %1 points and holds %2</source>
            <translation>es sollten %1 Punkte sein und es sind %2</translation>
        </message>
        <message>
            <source>Sum of diffraction</source>
            <translation>Summe der Beugung</translation>
        </message>
        <message>
            <source>Bright field</source>
            <translation>Hellfeld</translation>
        </message>
        <message>
            <source>Dark field</source>
            <translation>Dunkelfeld</translation>
        </message>
        <message>
            <source>Cannot read %1: it holds no cube of diffraction patterns.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei enthält keinen Würfel von Beugungsbildern.</translation>
        </message>
        <message>
            <source>its axis '%1' should have %2 points and the data have %3</source>
            <translation>die Achse „%1“ sollte %2 Punkte haben, die Daten haben %3</translation>
        </message>
        <message>
            <source>its axis '%1' does not list %2 numbers</source>
            <translation>die Achse „%1“ zählt keine %2 Zahlen auf</translation>
        </message>
        <message>
            <source>its axis '%1' is given by a formula; in HyperSpy call the axis' convert_to_non_uniform_axis() and save again</source>
            <translation>die Achse „%1“ ist durch eine Formel gegeben; in HyperSpy convert_to_non_uniform_axis() der Achse aufrufen und erneut speichern</translation>
        </message>
        <message>
            <source>its axis '%1' has the scale %2 and the offset %3</source>
            <translation>die Achse „%1“ hat die Skala %2 und den Versatz %3</translation>
        </message>
        <message>
            <source>it has no 'axis-%1'</source>
            <translation>„axis-%1“ fehlt</translation>
        </message>
        <message>
            <source>Cannot read %1: its group 'Experiments' holds no array 'data'.</source>
            <translation>%1 kann nicht gelesen werden: Die Gruppe „Experiments“ enthält kein Array „data“.</translation>
        </message>
        <message>
            <source>it has no dataset 'data'</source>
            <translation>der Datensatz „data“ fehlt</translation>
        </message>
        <message>
            <source>its dataset 'data' does not hold plain numbers</source>
            <translation>der Datensatz „data“ enthält keine einfachen Zahlen</translation>
        </message>
        <message>
            <source>its header is damaged</source>
            <translation>der Header ist beschädigt</translation>
        </message>
        <message>
            <source>its numbers are of mode %1; known are 0, 1, 2 and 6</source>
            <translation>die Zahlen haben den Modus %1; bekannt sind 0, 1, 2 und 6</translation>
        </message>
        <message>
            <source>it should hold %1 numbers and is too short</source>
            <translation>es sollte %1 Zahlen enthalten und ist zu kurz</translation>
        </message>
        <message>
            <source>it ends within the numbers</source>
            <translation>es endet innerhalb der Zahlen</translation>
        </message>
        <message>
            <source>Cannot read %1: none of its groups of class NXdata has a signal of plain numbers.</source>
            <translation>%1 kann nicht gelesen werden: Keine der Gruppen der Klasse NXdata hat ein Signal aus einfachen Zahlen.</translation>
        </message>
        <message>
            <source>Cannot read '%1' of %2: it has no signal of plain numbers.</source>
            <translation>„%1“ von %2 kann nicht gelesen werden: Es fehlt ein Signal aus einfachen Zahlen.</translation>
        </message>
        <message>
            <source>Cannot read %1: it lacks Swift's metadata.</source>
            <translation>%1 kann nicht gelesen werden: Die Metadaten von Swift fehlen.</translation>
        </message>
        <message>
            <source>Cannot read %1: its data are no plain numbers.</source>
            <translation>%1 kann nicht gelesen werden: Die Daten sind keine einfachen Zahlen.</translation>
        </message>
        <message>
            <source>it is a pickle of Python objects, which could run any program when read. Save the arrays in it as plain numbers, in Python: d = numpy.load(file, allow_pickle=True); numpy.save("new.npy", d.astype(float), allow_pickle=False) or, for a dictionary, d = d.item(); numpy.savez("new.npz", **{str(k): numpy.asarray(v, float) for k, v in d.items()})</source>
            <translation>es ist ein Pickle von Python-Objekten, das beim Lesen jedes Programm ausführen könnte. Die Arrays darin als einfache Zahlen speichern, in Python: d = numpy.load(file, allow_pickle=True); numpy.save("new.npy", d.astype(float), allow_pickle=False) oder, bei einem Dictionary, d = d.item(); numpy.savez("new.npz", **{str(k): numpy.asarray(v, float) for k, v in d.items()})</translation>
        </message>
        <message>
            <source>its numbers are complex (%1); save numpy.abs() of them, or real and imaginary part apart</source>
            <translation>die Zahlen sind komplex (%1); numpy.abs() davon speichern oder Real- und Imaginärteil getrennt</translation>
        </message>
        <message>
            <source>its type '%1' is none of ours; save it as float32: array.astype('f4')</source>
            <translation>der Typ „%1“ ist hier nicht bekannt; als float32 speichern: array.astype('f4')</translation>
        </message>
        <message>
            <source>its NumPy header is damaged</source>
            <translation>der NumPy-Header ist beschädigt</translation>
        </message>
        <message>
            <source>each of its elements is a record of several fields; save the fields as arrays of their own</source>
            <translation>jedes Element ist ein Datensatz aus mehreren Feldern; die Felder als eigene Arrays speichern</translation>
        </message>
        <message>
            <source>its NumPy header is damaged or cut off</source>
            <translation>der NumPy-Header ist beschädigt oder abgeschnitten</translation>
        </message>
        <message>
            <source>it is no NumPy array</source>
            <translation>es ist kein NumPy-Array</translation>
        </message>
        <message>
            <source>its NumPy format version is %1, and 1 to 3 are known</source>
            <translation>die Version des NumPy-Formats ist %1, bekannt sind 1 bis 3</translation>
        </message>
        <message>
            <source>it is cut off or damaged: its header promises %1 bytes and %2 are there</source>
            <translation>es ist abgeschnitten oder beschädigt: Der Header verspricht %1 Bytes, vorhanden sind %2</translation>
        </message>
        <message>
            <source>it holds %1 bytes more than its header says</source>
            <translation>es enthält %1 Bytes mehr, als der Header sagt</translation>
        </message>
        <message>
            <source>Cannot read %1: it ends too early.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei endet zu früh.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is no whole .npz (%2).</source>
            <translation>%1 kann nicht gelesen werden: Es ist kein vollständiges .npz (%2).</translation>
        </message>
        <message>
            <source>Cannot read %1: it has no array '%2', only %3.</source>
            <translation>%1 kann nicht gelesen werden: Es gibt kein Array „%2“, nur %3.</translation>
        </message>
        <message>
            <source>it is encrypted</source>
            <translation>es ist verschlüsselt</translation>
        </message>
        <message>
            <source>it is packed in a way that NumPy does not use (%1); save it with numpy.savez_compressed</source>
            <translation>es ist auf eine Weise gepackt, die NumPy nicht verwendet (%1); mit numpy.savez_compressed speichern</translation>
        </message>
        <message>
            <source>its size of %1 bytes cannot be true</source>
            <translation>die Größe von %1 Bytes kann nicht stimmen</translation>
        </message>
        <message>
            <source>it ends too early</source>
            <translation>es endet zu früh</translation>
        </message>
        <message>
            <source>Cannot read %1: it holds no array.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei enthält kein Array.</translation>
        </message>
        <message>
            <source>Cannot read '%1' of %2: a .npy holds one array and no names.</source>
            <translation>„%1“ von %2 kann nicht gelesen werden: Ein .npy enthält ein einziges Array und keine Namen.</translation>
        </message>
        <message>
            <source>it is damaged: its check sum or its length is wrong</source>
            <translation>es ist beschädigt: Prüfsumme oder Länge stimmt nicht</translation>
        </message>
        <message>
            <source>there is no memory left</source>
            <translation>es ist kein Speicher mehr frei</translation>
        </message>
        <message>
            <source>its rows are not as long as they should be</source>
            <translation>die Zeilen sind nicht so lang, wie sie sein sollten</translation>
        </message>
        <message>
            <source>its pixel in row %1, column %2 is coloured, and a colour is no number; save it as greyscale</source>
            <translation>das Pixel in Zeile %1, Spalte %2 ist farbig, und eine Farbe ist keine Zahl; als Graustufenbild speichern</translation>
        </message>
        <message>
            <source>Cannot read %1: none of its main datasets holds plain numbers.</source>
            <translation>%1 kann nicht gelesen werden: Keiner der Hauptdatensätze enthält einfache Zahlen.</translation>
        </message>
        <message>
            <source>Cannot read '%1' of %2: it is no main dataset of plain numbers.</source>
            <translation>„%1“ von %2 kann nicht gelesen werden: Es ist kein Hauptdatensatz aus einfachen Zahlen.</translation>
        </message>
        <message>
            <source>it is no TIFF</source>
            <translation>es ist kein TIFF</translation>
        </message>
        <message>
            <source>its images are empty</source>
            <translation>die Bilder sind leer</translation>
        </message>
        <message>
            <source>its pixels are colours or of an odd size; save it as greyscale of 8, 16 or 32 bits</source>
            <translation>die Pixel sind farbig oder von ungewöhnlicher Größe; als Graustufenbild mit 8, 16 oder 32 Bit speichern</translation>
        </message>
        <message>
            <source>it is damaged</source>
            <translation>es ist beschädigt</translation>
        </message>
        <message>
            <source>its events are no 16-bit numbers; only those are known</source>
            <translation>die Ereignisse sind keine 16-Bit-Zahlen; nur solche sind bekannt</translation>
        </message>
        <message>
            <source>it has a count in channel %1 of %2</source>
            <translation>es hat einen Zählimpuls in Kanal %1 von %2</translation>
        </message>
        <message>
            <source>it is no stream of events with a known number of channels and pixels</source>
            <translation>es ist kein Ereignisstrom mit bekannter Anzahl von Kanälen und Pixeln</translation>
        </message>
        <message>
            <source>Cannot read %1: it holds no image and no stream of spectra. A file that was pruned has lost its spectra; export them from Velox before pruning.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei enthält weder ein Bild noch einen Strom von Spektren. Eine bereinigte („pruned“) Datei hat ihre Spektren verloren; sie vor dem Bereinigen aus Velox exportieren.</translation>
        </message>
        <message>
            <source>Cannot create %1: there is such a file already.</source>
            <translation>%1 kann nicht angelegt werden: Eine solche Datei gibt es bereits.</translation>
        </message>
        <message>
            <source>Cannot create %1: %2.</source>
            <translation>%1 kann nicht angelegt werden: %2.</translation>
        </message>
        <message>
            <source>it is not a dataset</source>
            <translation>es ist kein Datensatz</translation>
        </message>
        <message>
            <source>its shape is too large to be true</source>
            <translation>die Form ist unglaubwürdig groß</translation>
        </message>
        <message>
            <source>its numbers lie in another file; copy them into one, e.g. with h5repack</source>
            <translation>die Zahlen liegen in einer anderen Datei; alles in eine Datei kopieren, z. B. mit h5repack</translation>
        </message>
        <message>
            <source>it should hold %1 bytes, more than the whole file</source>
            <translation>es müssten %1 Bytes sein, mehr als die ganze Datei</translation>
        </message>
        <message>
            <source>it is not a group</source>
            <translation>es ist keine Gruppe</translation>
        </message>
        <message>
            <source>it does not hold plain numbers</source>
            <translation>es enthält keine einfachen Zahlen</translation>
        </message>
        <message>
            <source>a block that lies outside of it was asked for</source>
            <translation>angefordert wurde ein Block, der außerhalb liegt</translation>
        </message>
        <message>
            <source>rows %1 to %2 were asked for and there are %3</source>
            <translation>angefordert wurden die Zeilen %1 bis %2, vorhanden sind %3</translation>
        </message>
        <message>
            <source>it does not hold texts</source>
            <translation>es enthält keine Texte</translation>
        </message>
        <message>
            <source>it holds too many texts (%1)</source>
            <translation>es enthält zu viele Texte (%1)</translation>
        </message>
        <message>
            <source>HDF5 gives no reason</source>
            <translation>HDF5 nennt keinen Grund</translation>
        </message>
        <message>
            <source>Cannot use '%1' in %2: %3.</source>
            <translation>„%1“ in %2 kann nicht verwendet werden: %3.</translation>
        </message>
        <message>
            <source>an attribute is a text, a number or a list of one of them</source>
            <translation>ein Attribut ist ein Text, eine Zahl oder eine Liste von einem davon</translation>
        </message>
        <message>
            <source>%1 numbers do not fill its shape</source>
            <translation>%1 Zahlen füllen die Form nicht aus</translation>
        </message>
        <message>
            <source>its rows cannot have a side of %1</source>
            <translation>die Zeilen können keine Seitenlänge von %1 haben</translation>
        </message>
        <message>
            <source>texts of %1 bytes hold nothing</source>
            <translation>Texte von %1 Bytes enthalten nichts</translation>
        </message>
        <message>
            <source>it was not made to grow</source>
            <translation>es wurde nicht zum Wachsen angelegt</translation>
        </message>
        <message>
            <source>%1 numbers are not whole rows of %2</source>
            <translation>%1 Zahlen sind keine ganzen Zeilen von %2</translation>
        </message>
        <message>
            <source>it holds numbers, no texts</source>
            <translation>es enthält Zahlen, keine Texte</translation>
        </message>
        <message>
            <source>The region is too small to be transformed: it needs at least %1 × %1 pixels of the image.</source>
            <translation>Der Bereich ist zu klein für eine Transformation: Er muss mindestens %1 × %1 Pixel des Bilds umfassen.</translation>
        </message>
        <message>
            <source>The region has %1 × %2 pixels: mark one of at most %3 × %3 to see its FFT.</source>
            <translation>Der Bereich hat %1 × %2 Pixel: für die FFT einen von höchstens %3 × %3 markieren.</translation>
        </message>
        <message>
            <source>saturated</source>
            <translation>gesättigt</translation>
        </message>
        <message>
            <source>charged</source>
            <translation>aufgeladen</translation>
        </message>
        <message>
            <source>blank</source>
            <translation>leer</translation>
        </message>
        <message>
            <source>blurred</source>
            <translation>unscharf</translation>
        </message>
        <message>
            <source>Cannot find the shift between images of %1 × %2 and %3 × %4 pixels: they must have one size.</source>
            <translation>Die Verschiebung zwischen Bildern von %1 × %2 und %3 × %4 Pixeln kann nicht bestimmt werden: Sie müssen gleich groß sein.</translation>
        </message>
        <message>
            <source>Cannot find the shift between images of %1 × %2 pixels: they must have at least %3 × %3.</source>
            <translation>Die Verschiebung zwischen Bildern von %1 × %2 Pixeln kann nicht bestimmt werden: Sie müssen mindestens %3 × %3 groß sein.</translation>
        </message>
        <message>
            <source>Title</source>
            <translation>Titel</translation>
        </message>
        <message>
            <source>Detector</source>
            <translation>Detektor</translation>
        </message>
        <message>
            <source>Signal</source>
            <translation>Signal</translation>
        </message>
        <message>
            <source>Instrument</source>
            <translation>Instrument</translation>
        </message>
        <message>
            <source>Operator</source>
            <translation>Bediener</translation>
        </message>
        <message>
            <source>Sample</source>
            <translation>Probe</translation>
        </message>
        <message>
            <source>Comment</source>
            <translation>Kommentar</translation>
        </message>
        <message>
            <source>Recorded</source>
            <translation>Aufgenommen</translation>
        </message>
        <message>
            <source>Software</source>
            <translation>Software</translation>
        </message>
        <message>
            <source>Beam energy</source>
            <translation>Strahlenergie</translation>
        </message>
        <message>
            <source>Current</source>
            <translation>Strom</translation>
        </message>
        <message>
            <source>Magnification</source>
            <translation>Vergrößerung</translation>
        </message>
        <message>
            <source>Camera length</source>
            <translation>Kameralänge</translation>
        </message>
        <message>
            <source>Convergence angle</source>
            <translation>Konvergenzwinkel</translation>
        </message>
        <message>
            <source>Inner collection angle</source>
            <translation>Innerer Sammelwinkel</translation>
        </message>
        <message>
            <source>Collection angle</source>
            <translation>Sammelwinkel</translation>
        </message>
        <message>
            <source>Dwell time</source>
            <translation>Verweilzeit</translation>
        </message>
        <message>
            <source>Exposure</source>
            <translation>Belichtung</translation>
        </message>
        <message>
            <source>Frame time</source>
            <translation>Bildzeit</translation>
        </message>
        <message>
            <source>Frames</source>
            <translation>Einzelbilder</translation>
        </message>
        <message>
            <source>Field of view</source>
            <translation>Bildfeld</translation>
        </message>
        <message>
            <source>Defocus</source>
            <translation>Defokus</translation>
        </message>
        <message>
            <source>Tilt α</source>
            <translation>Kippung α</translation>
        </message>
        <message>
            <source>Tilt β</source>
            <translation>Kippung β</translation>
        </message>
        <message>
            <source>Cannot cut patches of %1 pixels: the side must lie between 2 and 256.</source>
            <translation>Ausschnitte von %1 Pixeln sind nicht möglich: Die Seitenlänge muss zwischen 2 und 256 liegen.</translation>
        </message>
        <message>
            <source>Cannot cut patches of %1 × %1 pixels from an image of %2 × %3: choose a smaller patch.</source>
            <translation>Ausschnitte von %1 × %1 Pixeln sind aus einem Bild von %2 × %3 nicht möglich: einen kleineren Ausschnitt wählen.</translation>
        </message>
        <message>
            <source>Cannot hold %1 numbers in memory: that is more than any machine has.</source>
            <translation>%1 Zahlen passen nicht in den Speicher: So viel hat kein Rechner.</translation>
        </message>
        <message>
            <source>Cannot hold %1 in memory: this machine has %2. Crop or bin the data first.</source>
            <translation>%1 passen nicht in den Speicher: Dieser Rechner hat %2. Die Daten zuerst zuschneiden oder durch Binning verkleinern.</translation>
        </message>
        <message>
            <source>Cannot hold %1 in memory: there is not enough left. Close other data first.</source>
            <translation>%1 passen nicht in den Speicher: Es ist nicht genug frei. Zuerst andere Daten schließen.</translation>
        </message>
        <message>
            <source>A spectrum of %1 channels does not fit an energy axis of %2.</source>
            <translation>Ein Spektrum mit %1 Kanälen passt nicht zu einer Energieachse mit %2.</translation>
        </message>
        <message>
            <source>the energy axis is empty</source>
            <translation>die Energieachse ist leer</translation>
        </message>
        <message>
            <source>the energies go from %1 to %2 %3 in %4 channels</source>
            <translation>die Energien reichen von %1 bis %2 %3 in %4 Kanälen</translation>
        </message>
        <message>
            <source>%1 from %2 to %3 is upside down or not finite; %4.</source>
            <translation>%1 von %2 bis %3 ist verkehrt herum oder nicht endlich; %4.</translation>
        </message>
        <message>
            <source>%1 from %2 to %3 holds no channel; %4.</source>
            <translation>%1 von %2 bis %3 enthält keinen Kanal; %4.</translation>
        </message>
        <message>
            <source>The band</source>
            <translation>Das Band</translation>
        </message>
        <message>
            <source>The second band</source>
            <translation>Das zweite Band</translation>
        </message>
        <message>
            <source>The background window</source>
            <translation>Das Untergrundfenster</translation>
        </message>
        <message>
            <source>The background window from %1 to %2 holds fewer than two channels above zero energy: a power law needs two; the energies go from %3 to %4 %5.</source>
            <translation>Das Untergrundfenster von %1 bis %2 enthält weniger als zwei Kanäle über der Energie null: Ein Potenzgesetz braucht zwei; die Energien reichen von %3 bis %4 %5.</translation>
        </message>
        <message>
            <source>There is no band of %1 channels from channel %2 on: the axis has %3.</source>
            <translation>Es gibt kein Band von %1 Kanälen ab Kanal %2: Die Achse hat %3.</translation>
        </message>
        <message>
            <source>Cannot understand the scalarizer '%1': write band:A-B, peak:A-B, energy:A-B or ratio:A-B/C-D, if need be followed by ,constant:A-B or ,power:A-B.</source>
            <translation>Der Skalarisierer „%1“ ist nicht verständlich: band:A-B, peak:A-B, energy:A-B oder ratio:A-B/C-D schreiben, bei Bedarf gefolgt von ,constant:A-B oder ,power:A-B.</translation>
        </message>
        <message>
            <source>Cannot understand the scalarizer '%1': the interval %2 is upside down.</source>
            <translation>Der Skalarisierer „%1“ ist nicht verständlich: Das Intervall %2 ist verkehrt herum.</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is not an object with 'file' and 'array'.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ ist kein Objekt mit „file“ und „array“.</translation>
        </message>
        <message>
            <source>There is no survey image in %1: %2. Give one beside the spectra, with --image FILE[:ARRAY] or by opening both files together.</source>
            <translation>In %1 gibt es kein Übersichtsbild: %2. Eines zu den Spektren angeben, mit --image DATEI[:ARRAY] oder indem beide Dateien zusammen geöffnet werden.</translation>
        </message>
        <message>
            <source>Cannot average %1 channels into one: it must be 1 or more.</source>
            <translation>%1 Kanäle können nicht zu einem gemittelt werden: Es muss mindestens 1 sein.</translation>
        </message>
        <message>
            <source>Cannot use %1: its energy axis is empty.</source>
            <translation>Helmscope kann %1 nicht verwenden: Die Energieachse ist leer.</translation>
        </message>
        <message>
            <source>Cannot use %1: the energy of channel %2 is not a finite number.</source>
            <translation>Helmscope kann %1 nicht verwenden: Die Energie von Kanal %2 ist keine endliche Zahl.</translation>
        </message>
        <message>
            <source> Reverse the energies and the spectra in the file.</source>
            <translation> Energien und Spektren in der Datei umkehren.</translation>
        </message>
        <message>
            <source>Cannot use %1: its energies do not increase (%2 at channel %3, then %4).</source>
            <translation>Helmscope kann %1 nicht verwenden: Die Energien steigen nicht an (%2 bei Kanal %3, dann %4).</translation>
        </message>
        <message>
            <source>Cannot use the spectra '%1': there are %2 numbers where %3 are asked for.</source>
            <translation>Die Spektren „%1“ können nicht verwendet werden: Es gibt %2 Zahlen, verlangt sind %3.</translation>
        </message>
        <message>
            <source>the spectra '%1'</source>
            <translation>die Spektren „%1“</translation>
        </message>
        <message>
            <source>Cannot use %1: spectra have rows, columns and channels, these are %2.</source>
            <translation>Helmscope kann %1 nicht verwenden: Spektren haben Zeilen, Spalten und Kanäle, diese sind %2.</translation>
        </message>
        <message>
            <source>Cannot use %1: there is no axis number %2.</source>
            <translation>Helmscope kann %1 nicht verwenden: Es gibt keine Achse Nummer %2.</translation>
        </message>
        <message>
            <source>Cannot use %1: an axis of %2 cannot be used.</source>
            <translation>Helmscope kann %1 nicht verwenden: Eine Achse von %2 ist nicht verwendbar.</translation>
        </message>
        <message>
            <source>Cannot use %1: it has %2 channels, but %3 energies are given.</source>
            <translation>Helmscope kann %1 nicht verwenden: Es gibt %2 Kanäle, angegeben sind aber %3 Energien.</translation>
        </message>
        <message>
            <source>There is no spectrum at row %1, column %2 of %3 × %4.</source>
            <translation>In Zeile %1, Spalte %2 von %3 × %4 gibt es kein Spektrum.</translation>
        </message>
        <message>
            <source>There are no %1 × %2 spectra from row %3, column %4 on of %5 × %6.</source>
            <translation>Ab Zeile %3, Spalte %4 von %5 × %6 gibt es keine %1 × %2 Spektren.</translation>
        </message>
        <message>
            <source>A selection of %1 × %2 pixels does not fit spectra of %3 × %4.</source>
            <translation>Eine Auswahl von %1 × %2 Pixeln passt nicht zu Spektren von %3 × %4.</translation>
        </message>
        <message>
            <source>Cannot average %1 channels into one: the spectra have %2.</source>
            <translation>%1 Kanäle können nicht zu einem gemittelt werden: Die Spektren haben %2.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is too short for %2 numbers.</source>
            <translation>%1 kann nicht gelesen werden: zu kurz für %2 Zahlen.</translation>
        </message>
        <message>
            <source>Cannot read %1: it has become shorter since it was opened.</source>
            <translation>%1 kann nicht gelesen werden: Die Datei ist seit dem Öffnen kürzer geworden.</translation>
        </message>
        <message>
            <source>Cannot read '%1' of %2: a part that lies outside of it was asked for.</source>
            <translation>„%1“ von %2 kann nicht gelesen werden: Angefordert wurde ein Teil, der außerhalb liegt.</translation>
        </message>
        <message>
            <source>Cannot write '%1' as CSV: its shape is %2, and a table has rows and columns; write it as hspy.</source>
            <translation>„%1“ kann nicht als CSV geschrieben werden: Die Form ist %2, und eine Tabelle hat Zeilen und Spalten; als hspy schreiben.</translation>
        </message>
        <message>
            <source>Cannot write '%1' as TIFF: its shape is %2, and a TIFF holds images; write it as hspy.</source>
            <translation>„%1“ kann nicht als TIFF geschrieben werden: Die Form ist %2, und ein TIFF enthält Bilder; als hspy schreiben.</translation>
        </message>
        <message>
            <source>Cannot write '%1' as TIFF: its shape %2 is too large.</source>
            <translation>„%1“ kann nicht als TIFF geschrieben werden: Die Form %2 ist zu groß.</translation>
        </message>
        <message>
            <source>Cannot write %1: the disk may be full or write-protected.</source>
            <translation>%1 kann nicht geschrieben werden: Der Datenträger ist vielleicht voll oder schreibgeschützt.</translation>
        </message>
        <message>
            <source>There is no format '%1' to write; there are %2.</source>
            <translation>Ein Format „%1“ lässt sich nicht schreiben; es gibt %2.</translation>
        </message>
        <message>
            <source>%1 exists already: choose another name, or allow to overwrite it.</source>
            <translation>%1 gibt es bereits: anderen Namen wählen oder das Überschreiben erlauben.</translation>
        </message>
        <message>
            <source>Cannot write %1: the array's numbers do not fill its shape.</source>
            <translation>%1 kann nicht geschrieben werden: Die Zahlen des Arrays füllen seine Form nicht aus.</translation>
        </message>
        <message>
            <source>Integrated variance</source>
            <translation>Integr. Varianz</translation>
        </message>
        <message>
            <source>Where a measurement lowers the uncertainty of the whole map most: makes the map right.</source>
            <translation>Wo eine Messung die Unsicherheit der ganzen Karte am meisten senkt: macht die Karte richtig.</translation>
        </message>
        <message>
            <source>Expected improvement</source>
            <translation>Erwartete Verbesserung</translation>
        </message>
        <message>
            <source>How much more than the best so far a pixel promises on average: finds high values.</source>
            <translation>Wie viel mehr als das bisher Beste ein Pixel im Mittel verspricht: findet hohe Werte.</translation>
        </message>
        <message>
            <source>Upper confidence bound</source>
            <translation>Obere Konfidenzgrenze</translation>
        </message>
        <message>
            <source>Mean plus a share of the uncertainty: finds high values, beta says how boldly.</source>
            <translation>Mittel plus ein Teil der Unsicherheit: findet hohe Werte, Beta sagt, wie kühn.</translation>
        </message>
        <message>
            <source>Probability of improvement</source>
            <translation>Wahrscheinlichkeit der Verbesserung</translation>
        </message>
        <message>
            <source>How likely a pixel beats the best so far: stays near what is good.</source>
            <translation>Wie wahrscheinlich ein Pixel das bisher Beste übertrifft: bleibt beim Guten.</translation>
        </message>
        <message>
            <source>Largest uncertainty</source>
            <translation>Größte Unsicherheit</translation>
        </message>
        <message>
            <source>Where the model knows least: looks at the odd ones first.</source>
            <translation>Wo das Modell am wenigsten weiß: sieht das Ungewöhnliche zuerst an.</translation>
        </message>
        <message>
            <source>Thompson sampling</source>
            <translation>Thompson-Stichprobe</translation>
        </message>
        <message>
            <source>The highest pixel of one map the model holds possible: chance weighs finding against knowing.</source>
            <translation>Das höchste Pixel einer Karte, die das Modell für möglich hält: Der Zufall wägt Finden gegen Wissen ab.</translation>
        </message>
        <message>
            <source>Random</source>
            <translation>Zufällig</translation>
        </message>
        <message>
            <source>Any pixel: what the others have to beat.</source>
            <translation>Irgendein Pixel: was die anderen übertreffen müssen.</translation>
        </message>
        <message>
            <source>Rings</source>
            <translation>Ringe</translation>
        </message>
        <message>
            <source>Gaussian process on what rings about each pixel show and on where it lies; knows counting noise</source>
            <translation>Gauß-Prozess auf dem, was Ringe um jedes Pixel zeigen, und darauf, wo es liegt; kennt das Zählrauschen</translation>
        </message>
        <message>
            <source>Principal components</source>
            <translation>Hauptkomponenten</translation>
        </message>
        <message>
            <source>Gaussian process on ten principal components of the patches, to compare with</source>
            <translation>Gauß-Prozess auf zehn Hauptkomponenten der Ausschnitte, zum Vergleich</translation>
        </message>
        <message>
            <source>Deep kernel</source>
            <translation>Tiefer Kern</translation>
        </message>
        <message>
            <source>Gaussian process on features a network learns from each patch</source>
            <translation>Gauß-Prozess auf Merkmalen, die ein Netz aus jedem Ausschnitt lernt</translation>
        </message>
        <message>
            <source>Published</source>
            <translation>Veröffentlicht</translation>
        </message>
        <message>
            <source>Deep kernel as in the published experiments, to compare with</source>
            <translation>Tiefer Kern wie in den veröffentlichten Experimenten, zum Vergleich</translation>
        </message>
        <message>
            <source>%1 answers with JSON nested deeper than %2 levels.</source>
            <translation>%1 antwortet mit JSON, das tiefer als %2 Ebenen verschachtelt ist.</translation>
        </message>
        <message>
            <source>%1 answers with over %2 values: ask for less of it, one pipeline or one run.</source>
            <translation>%1 antwortet mit über %2 Werten: Verlangen Sie weniger, eine Pipeline oder einen Lauf.</translation>
        </message>
        <message>
            <source>The answer of %1</source>
            <translation>Die Antwort von %1</translation>
        </message>
        <message>
            <source>%1 answers with something else than a lineage of CMF.</source>
            <translation>%1 antwortet mit etwas anderem als einer Herkunft von CMF.</translation>
        </message>
        <message>
            <source>%1 answers with something else than a list of names.</source>
            <translation>%1 antwortet mit etwas anderem als einer Liste von Namen.</translation>
        </message>
        <message>
            <source>%1 is not there.</source>
            <translation>%1 fehlt dort.</translation>
        </message>
        <message>
            <source>%1 of %2 is not there.</source>
            <translation>%1 von %2 fehlt dort.</translation>
        </message>
        <message>
            <source>%1 of %2 is "%3" there, not "%4".</source>
            <translation>%1 von %2 ist dort „%3“, nicht „%4“.</translation>
        </message>
        <message>
            <source>%1 as an input of %2 is not there.</source>
            <translation>%1 als Eingang von %2 fehlt dort.</translation>
        </message>
        <message>
            <source>%1 as an output of %2 is not there.</source>
            <translation>%1 als Ausgang von %2 fehlt dort.</translation>
        </message>
        <message>
            <source>Stored %1 of %2 executions and %3 of %4 events.</source>
            <translation>%1 von %2 Ausführungen und %3 von %4 Ereignissen gespeichert.</translation>
        </message>
        <message>
            <source>1 value differs.</source>
            <translation>1 Wert unterscheidet sich.</translation>
        </message>
        <message>
            <source>%1 values differ.</source>
            <translation>%1 Werte unterscheiden sich.</translation>
        </message>
        <message>
            <source>a value that is nothing</source>
            <translation>ein leerer Wert</translation>
        </message>
        <message>
            <source>sent as the text None</source>
            <translation>gesendet als Text None</translation>
        </message>
        <message>
            <source>an integer beyond 32 bits</source>
            <translation>eine ganze Zahl über 32 Bit</translation>
        </message>
        <message>
            <source>sent as a text</source>
            <translation>gesendet als Text</translation>
        </message>
        <message>
            <source>a number of over six decimals</source>
            <translation>eine Zahl mit mehr als sechs Nachkommastellen</translation>
        </message>
        <message>
            <source>a number that is not finite</source>
            <translation>eine nicht endliche Zahl</translation>
        </message>
        <message>
            <source>a list</source>
            <translation>eine Liste</translation>
        </message>
        <message>
            <source>sent as JSON in a text</source>
            <translation>gesendet als JSON in einem Text</translation>
        </message>
        <message>
            <source>a text with a NUL in it</source>
            <translation>ein Text mit einem NUL darin</translation>
        </message>
        <message>
            <source>sent without</source>
            <translation>ohne dieses gesendet</translation>
        </message>
        <message>
            <source>a property with a name of over 255 characters</source>
            <translation>eine Eigenschaft mit einem Namen von über 255 Zeichen</translation>
        </message>
        <message>
            <source>sent as %1</source>
            <translation>gesendet als %1</translation>
        </message>
        <message>
            <source>a text of %1 bytes</source>
            <translation>ein Text von %1 Bytes</translation>
        </message>
        <message>
            <source>sent as the artifact %1</source>
            <translation>gesendet als Artefakt %1</translation>
        </message>
        <message>
            <source>a name of over 255 characters</source>
            <translation>ein Name von über 255 Zeichen</translation>
        </message>
        <message>
            <source>a property of the whole pipeline</source>
            <translation>eine Eigenschaft der ganzen Pipeline</translation>
        </message>
        <message>
            <source>an execution without a uuid</source>
            <translation>eine Ausführung ohne uuid</translation>
        </message>
        <message>
            <source>sent with one made of what it is</source>
            <translation>gesendet mit einer, die aus ihrem Inhalt gebildet ist</translation>
        </message>
        <message>
            <source>sent shortened</source>
            <translation>gekürzt gesendet</translation>
        </message>
        <message>
            <source>a second use of the same content</source>
            <translation>eine zweite Verwendung desselben Inhalts</translation>
        </message>
        <message>
            <source>an event of type %1</source>
            <translation>ein Ereignis vom Typ %1</translation>
        </message>
        <message>
            <source>sent as an input</source>
            <translation>gesendet als Eingang</translation>
        </message>
        <message>
            <source>sent as an output</source>
            <translation>gesendet als Ausgang</translation>
        </message>
        <message>
            <source>metrics as an input</source>
            <translation>Metriken als Eingang</translation>
        </message>
        <message>
            <source>an artifact without a content's hash</source>
            <translation>ein Artefakt ohne Hash seines Inhalts</translation>
        </message>
        <message>
            <source>sent with one made of its name</source>
            <translation>gesendet mit einem, der aus seinem Namen gebildet ist</translation>
        </message>
        <message>
            <source>an artifact of the type %1</source>
            <translation>ein Artefakt vom Typ %1</translation>
        </message>
        <message>
            <source>sent as a Dataset whose property artifact_type says so</source>
            <translation>gesendet als Dataset, dessen Eigenschaft artifact_type es angibt</translation>
        </message>
        <message>
            <source>a property of an environment</source>
            <translation>eine Eigenschaft einer Umgebung</translation>
        </message>
        <message>
            <source>a colon in a path</source>
            <translation>ein Doppelpunkt in einem Pfad</translation>
        </message>
        <message>
            <source>sent with _ for it; the path is in full_name</source>
            <translation>gesendet mit _ an seiner Stelle; der Pfad steht in full_name</translation>
        </message>
        <message>
            <source>sent shortened; the path is in full_name</source>
            <translation>gekürzt gesendet; der Pfad steht in full_name</translation>
        </message>
        <message>
            <source>%1 of %2</source>
            <translation>%1 von %2</translation>
        </message>
        <message>
            <source>A CMF server does not keep %1 (%2): it stays here only.</source>
            <translation>Ein CMF-Server bewahrt Folgendes nicht auf: %1 (%2); es bleibt nur hier.</translation>
        </message>
        <message>
            <source>A CMF server does not keep %1 (%2): %3.</source>
            <translation>Ein CMF-Server bewahrt Folgendes nicht auf: %1 (%2); %3.</translation>
        </message>
        <message>
            <source>%1 does not answer within %2 s.</source>
            <translation>%1 antwortet nicht innerhalb von %2 s.</translation>
        </message>
        <message>
            <source>%1 went away in the middle of its answer.</source>
            <translation>%1 brach mitten in der Antwort ab.</translation>
        </message>
        <message>
            <source>%1 asks who you are: give it a token that it knows.</source>
            <translation>%1 fragt, wer Sie sind: Geben Sie ein Token an, das dort bekannt ist.</translation>
        </message>
        <message>
            <source>%1 does not allow that with this token%2.</source>
            <translation>%1 erlaubt das mit diesem Token nicht%2.</translation>
        </message>
        <message>
            <source>%1 refuses that much at once: send less, one run for instance.</source>
            <translation>%1 lehnt so viel auf einmal ab: Senden Sie weniger, etwa einen Lauf.</translation>
        </message>
        <message>
            <source>%1 refuses executions without a uuid, which only old programs write.</source>
            <translation>%1 lehnt Ausführungen ohne uuid ab, die nur alte Programme schreiben.</translation>
        </message>
        <message>
            <source>%1 is too busy now (%2%3).</source>
            <translation>%1 ist jetzt überlastet (%2%3).</translation>
        </message>
        <message>
            <source>%1 failed (%2%3): what happened stands in its log.</source>
            <translation>%1 ist gescheitert (%2%3): Was geschah, steht im dortigen Protokoll.</translation>
        </message>
        <message>
            <source>%1 refuses that (%2%3).</source>
            <translation>%1 lehnt das ab (%2%3).</translation>
        </message>
        <message>
            <source>%1 is no CMF server: neither it nor its /api/ says so.</source>
            <translation>%1 ist kein CMF-Server: Weder die Adresse noch ihr /api/ weist darauf hin.</translation>
        </message>
        <message>
            <source>What is pushed</source>
            <translation>Was hochgeladen wird</translation>
        </message>
        <message>
            <source>The lineage of %1 holds a value that is nothing: a CMF server stops at it. Prepare it first.</source>
            <translation>Die Herkunft von %1 enthält einen leeren Wert: Ein CMF-Server bleibt daran hängen. Bereiten Sie sie zuerst auf.</translation>
        </message>
        <message>
            <source>A pipeline without a name cannot be pushed.</source>
            <translation>Eine Pipeline ohne Namen kann nicht hochgeladen werden.</translation>
        </message>
        <message>
            <source>There is no pipeline %1 in what was pushed to %2.</source>
            <translation>In dem, was nach %2 hochgeladen wurde, gibt es keine Pipeline %1.</translation>
        </message>
        <message>
            <source>%1 does not say that it has stored anything%2.</source>
            <translation>%1 bestätigt nicht, etwas gespeichert zu haben%2.</translation>
        </message>
        <message>
            <source>The list of a directory is larger than %1 MB.</source>
            <translation>Die Liste eines Verzeichnisses ist größer als %1 MB.</translation>
        </message>
        <message>
            <source>The list of a directory</source>
            <translation>Die Liste eines Verzeichnisses</translation>
        </message>
        <message>
            <source>something that is no list stands</source>
            <translation>etwas, das keine Liste ist, steht</translation>
        </message>
        <message>
            <source>something that is no member stands</source>
            <translation>etwas, das kein Mitglied ist, steht</translation>
        </message>
        <message>
            <source>a member that is no file in the directory ("%1") ends</source>
            <translation>ein Mitglied, das keine Datei im Verzeichnis ist („%1“), endet</translation>
        </message>
        <message>
            <source>The Content-Range must be "bytes first-last/total".</source>
            <translation>Content-Range muss „bytes first-last/total“ sein.</translation>
        </message>
        <message>
            <source>The disk of the hub has no room for %1 bytes.</source>
            <translation>Der Datenträger des Hubs hat keinen Platz für %1 Bytes.</translation>
        </message>
        <message>
            <source>Cannot write to the folder %1: choose another with --data.</source>
            <translation>In den Ordner %1 kann nicht geschrieben werden: Wählen Sie mit --data einen anderen.</translation>
        </message>
        <message>
            <source>An artifact's address is files/md5/ab/cdef…, by the md5 of its content.</source>
            <translation>Die Adresse eines Artefakts ist files/md5/ab/cdef…, nach dem md5 seines Inhalts.</translation>
        </message>
        <message>
            <source>Artifacts take GET, HEAD, PUT and POST.</source>
            <translation>Artefakte nehmen GET, HEAD, PUT und POST an.</translation>
        </message>
        <message>
            <source>Your token is not for a pipeline that has this artifact.</source>
            <translation>Ihr Token gilt für keine Pipeline, die dieses Artefakt hat.</translation>
        </message>
        <message>
            <source>There is no artifact %1.</source>
            <translation>Es gibt kein Artefakt %1.</translation>
        </message>
        <message>
            <source>The artifact has %1 bytes.</source>
            <translation>Das Artefakt hat %1 Bytes.</translation>
        </message>
        <message>
            <source>The body ended before its end.</source>
            <translation>Der Rumpf brach vor seinem Ende ab.</translation>
        </message>
        <message>
            <source>These bytes are not artifact %1: their md5 is %2. Send them again.</source>
            <translation>Diese Bytes sind nicht das Artefakt %1: Ihr md5 ist %2. Senden Sie sie erneut.</translation>
        </message>
        <message>
            <source>Another upload of this artifact is under way: try again.</source>
            <translation>Ein anderes Hochladen dieses Artefakts ist im Gang: Versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>The hub has %1 bytes of this: go on from there.</source>
            <translation>Der Hub hat davon %1 Bytes: Setzen Sie dort fort.</translation>
        </message>
        <message>
            <source>The body has not the %1 bytes that it said.</source>
            <translation>Der Rumpf hat nicht die angegebenen %1 Bytes.</translation>
        </message>
        <message>
            <source>Cannot write the log %1: %2.</source>
            <translation>Das Protokoll %1 kann nicht geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>Too much is being pushed at once: try again.</source>
            <translation>Es wird zu viel auf einmal hochgeladen: Versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>The body</source>
            <translation>Der Rumpf</translation>
        </message>
        <message>
            <source>The pipeline document</source>
            <translation>Das Pipeline-Dokument</translation>
        </message>
        <message>
            <source>The document has no execution %1 in pipeline %2; nothing was stored.</source>
            <translation>Das Dokument hat in Pipeline %2 keine Ausführung %1; nichts wurde gespeichert.</translation>
        </message>
        <message>
            <source>Too many requests: wait %1 s.</source>
            <translation>Zu viele Anfragen: Warten Sie %1 s.</translation>
        </message>
        <message>
            <source>This token is not one of this hub's: it may have been revoked.</source>
            <translation>Dieses Token ist keines dieses Hubs: Möglicherweise wurde es widerrufen.</translation>
        </message>
        <message>
            <source>This hub wants a token: as bearer, as a password, or in the address (/t/TOKEN).</source>
            <translation>Dieser Hub verlangt ein Token: als Bearer, als Passwort oder in der Adresse (/t/TOKEN).</translation>
        </message>
        <message>
            <source>This needs a token with the scope "%1"; yours has "%2".</source>
            <translation>Dies braucht ein Token mit dem Geltungsbereich „%1“; Ihres hat „%2“.</translation>
        </message>
        <message>
            <source>Your token is not for "%1".</source>
            <translation>Ihr Token gilt nicht für „%1“.</translation>
        </message>
        <message>
            <source>The repository could not be made: %1.</source>
            <translation>Das Repository konnte nicht angelegt werden: %1.</translation>
        </message>
        <message>
            <source>A repository's address is /git/NAME.git; the name is made of letters, digits, dots, dashes and underscores.</source>
            <translation>Die Adresse eines Repositorys ist /git/NAME.git; der Name besteht aus Buchstaben, Ziffern, Punkten, Binde- und Unterstrichen.</translation>
        </message>
        <message>
            <source>Only git's smart HTTP is served here.</source>
            <translation>Hier wird nur das Smart-HTTP von git bedient.</translation>
        </message>
        <message>
            <source>Only git's smart HTTP is served here: use a git of this century.</source>
            <translation>Hier wird nur das Smart-HTTP von git bedient: Verwenden Sie ein git aus diesem Jahrhundert.</translation>
        </message>
        <message>
            <source>This hub has no git: install the package git beside it.</source>
            <translation>Dieser Hub hat kein git: Installieren Sie das Paket git daneben.</translation>
        </message>
        <message>
            <source>There is no repository %1 here yet: the first push makes it.</source>
            <translation>Hier gibt es noch kein Repository %1: Das erste Hochladen legt es an.</translation>
        </message>
        <message>
            <source>git sends %1 here.</source>
            <translation>git sendet hier %1.</translation>
        </message>
        <message>
            <source>The hub cannot write what is pushed: %1.</source>
            <translation>Der Hub kann das Hochgeladene nicht schreiben: %1.</translation>
        </message>
        <message>
            <source>One push may have %1 MB at most.</source>
            <translation>Ein Hochladen darf höchstens %1 MB haben.</translation>
        </message>
        <message>
            <source>git gave no answer: %1</source>
            <translation>git gab keine Antwort: %1</translation>
        </message>
        <message>
            <source>The hub could not do this; its log says why. Nothing was stored.</source>
            <translation>Der Hub konnte dies nicht tun; sein Protokoll sagt, warum. Nichts wurde gespeichert.</translation>
        </message>
        <message>
            <source>The address has a %-sign without two digits after it.</source>
            <translation>Die Adresse enthält ein %-Zeichen ohne zwei Ziffern dahinter.</translation>
        </message>
        <message>
            <source>The address is not UTF-8.</source>
            <translation>Die Adresse ist kein UTF-8.</translation>
        </message>
        <message>
            <source>The address has a control character in it.</source>
            <translation>Die Adresse enthält ein Steuerzeichen.</translation>
        </message>
        <message>
            <source>The Content-Length is no number.</source>
            <translation>Content-Length ist keine Zahl.</translation>
        </message>
        <message>
            <source>The body is larger than the %1 bytes that this hub takes.</source>
            <translation>Der Rumpf ist größer als die %1 Bytes, die dieser Hub annimmt.</translation>
        </message>
        <message>
            <source>The address is not one of this hub.</source>
            <translation>Die Adresse gehört nicht zu diesem Hub.</translation>
        </message>
        <message>
            <source>The address leads out of its folder.</source>
            <translation>Die Adresse führt aus ihrem Ordner hinaus.</translation>
        </message>
        <message>
            <source>something that is no object stands</source>
            <translation>etwas, das kein Objekt ist, steht</translation>
        </message>
        <message>
            <source>A schedule needs the server_id of a registered server.</source>
            <translation>Ein Zeitplan braucht die server_id eines registrierten Servers.</translation>
        </message>
        <message>
            <source>"%1" is no time zone known here: name one as Europe/Berlin or UTC.</source>
            <translation>„%1“ ist keine hier bekannte Zeitzone: Nennen Sie eine wie Europe/Berlin oder UTC.</translation>
        </message>
        <message>
            <source>start_time_local_iso must be a local time as 2026-05-01T03:30.</source>
            <translation>start_time_local_iso muss eine Ortszeit wie 2026-05-01T03:30 sein.</translation>
        </message>
        <message>
            <source>recurrence_mode must be interval, daily or weekly.</source>
            <translation>recurrence_mode muss interval, daily oder weekly sein.</translation>
        </message>
        <message>
            <source>An interval needs an interval_unit, minutes or hours, and an interval_value of 1 to 10000.</source>
            <translation>Ein Intervall braucht eine interval_unit, minutes oder hours, und einen interval_value von 1 bis 10000.</translation>
        </message>
        <message>
            <source>weekly_day must be 0 (Monday) to 6 (Sunday), or a day's name.</source>
            <translation>weekly_day muss 0 (Montag) bis 6 (Sonntag) oder der Name eines Tages sein.</translation>
        </message>
        <message>
            <source>"%1" is no id.</source>
            <translation>„%1“ ist keine ID.</translation>
        </message>
        <message>
            <source>Sync successful.</source>
            <translation>Abgleich erfolgreich.</translation>
        </message>
        <message>
            <source>Nothing new.</source>
            <translation>Nichts Neues.</translation>
        </message>
        <message>
            <source>%1 is over in %2: a sync that is done once needs a time to come.</source>
            <translation>%1 ist in %2 schon vorbei: Ein einmaliger Abgleich braucht einen künftigen Zeitpunkt.</translation>
        </message>
        <message>
            <source>There is no registered server %1.</source>
            <translation>Es gibt keinen registrierten Server %1.</translation>
        </message>
        <message>
            <source>There are %1 schedules already: delete some first.</source>
            <translation>Es gibt schon %1 Zeitpläne: Löschen Sie zuerst einige.</translation>
        </message>
        <message>
            <source>There is no schedule %1.</source>
            <translation>Es gibt keinen Zeitplan %1.</translation>
        </message>
        <message>
            <source>A server needs a server_name, and a server_url that begins with http:// or https://.</source>
            <translation>Ein Server braucht einen server_name und eine server_url, die mit http:// oder https:// beginnt.</translation>
        </message>
        <message>
            <source>Target server is not reachable: %1.</source>
            <translation>Der Zielserver ist nicht erreichbar: %1.</translation>
        </message>
        <message>
            <source>The other server answers with status %1: %2</source>
            <translation>Der andere Server antwortet mit Status %1: %2</translation>
        </message>
        <message>
            <source>A server with this address is registered already.</source>
            <translation>Ein Server mit dieser Adresse ist bereits eingetragen.</translation>
        </message>
        <message>
            <source>There is no registered server "%1".</source>
            <translation>Es gibt keinen registrierten Server „%1“.</translation>
        </message>
        <message>
            <source>What the other server sent</source>
            <translation>Was der andere Server gesendet hat</translation>
        </message>
        <message>
            <source>The document of %1</source>
            <translation>Das Dokument von %1</translation>
        </message>
        <message>
            <source>"%1" is no name for a file.</source>
            <translation>„%1“ ist kein Name für eine Datei.</translation>
        </message>
        <message>
            <source>This wants a form (multipart/form-data) with a part "file".</source>
            <translation>Hier ist ein Formular (multipart/form-data) mit einem Teil „file“ nötig.</translation>
        </message>
        <message>
            <source>A file may have %1 MB at most here.</source>
            <translation>Eine Datei darf hier höchstens %1 MB haben.</translation>
        </message>
        <message>
            <source>The form has no part "file".</source>
            <translation>Das Formular hat keinen Teil „file“.</translation>
        </message>
        <message>
            <source>The hub cannot store the file: %1.</source>
            <translation>Der Hub kann die Datei nicht speichern: %1.</translation>
        </message>
        <message>
            <source>An environment is a file .txt or .yaml.</source>
            <translation>Eine Umgebung ist eine Datei .txt oder .yaml.</translation>
        </message>
        <message>
            <source>No zip of the environments can be made.</source>
            <translation>Aus den Umgebungen lässt sich kein Zip bilden.</translation>
        </message>
        <message>
            <source>The environments that the other server sent are no zip.</source>
            <translation>Die Umgebungen, die der andere Server gesendet hat, sind kein Zip.</translation>
        </message>
        <message>
            <source>The other server sent over %1 environments.</source>
            <translation>Der andere Server hat über %1 Umgebungen gesendet.</translation>
        </message>
        <message>
            <source>The zip of environments that the other server sent is broken.</source>
            <translation>Das Zip der Umgebungen, das der andere Server gesendet hat, ist beschädigt.</translation>
        </message>
        <message>
            <source>The zip of environments that the other server sent unpacks to too much.</source>
            <translation>Das Zip der Umgebungen, das der andere Server gesendet hat, ist entpackt zu groß.</translation>
        </message>
        <message>
            <source>This wants the parameter pipeline_name.</source>
            <translation>Hier ist der Parameter pipeline_name nötig.</translation>
        </message>
        <message>
            <source>The name of the pipeline is too long for a folder.</source>
            <translation>Der Name der Pipeline ist für einen Ordner zu lang.</translation>
        </message>
        <message>
            <source>The disk of the hub is full; nothing was stored.</source>
            <translation>Der Datenträger des Hubs ist voll; nichts wurde gespeichert.</translation>
        </message>
        <message>
            <source>The hub cannot write the artifact: %1.</source>
            <translation>Der Hub kann das Artefakt nicht schreiben: %1.</translation>
        </message>
        <message>
            <source>The connection to the hub's database was lost: %1.</source>
            <translation>Die Verbindung zur Datenbank des Hubs ist abgerissen: %1.</translation>
        </message>
        <message>
            <source>The disk of the hub's database is full; nothing was stored.</source>
            <translation>Der Datenträger der Datenbank des Hubs ist voll; nichts wurde gespeichert.</translation>
        </message>
        <message>
            <source>The hub's database cannot be used: %1 (%2).</source>
            <translation>Die Datenbank des Hubs kann nicht verwendet werden: %1 (%2).</translation>
        </message>
        <message>
            <source>The text after "%1" holds the character U+0000, which the hub's database cannot store; nothing was stored. Take it out.</source>
            <translation>Der Text nach „%1“ enthält das Zeichen U+0000, das die Datenbank des Hubs nicht speichern kann; nichts wurde gespeichert. Entfernen Sie das Zeichen.</translation>
        </message>
        <message>
            <source>Qt's driver for PostgreSQL is missing: install libqt6sql6-psql.</source>
            <translation>Der Treiber von Qt für PostgreSQL fehlt: Installieren Sie libqt6sql6-psql.</translation>
        </message>
        <message>
            <source>Qt's driver for SQLite is missing: install libqt6sql6-sqlite.</source>
            <translation>Der Treiber von Qt für SQLite fehlt: Installieren Sie libqt6sql6-sqlite.</translation>
        </message>
        <message>
            <source>Cannot reach the database %1 at %2: %3.</source>
            <translation>Die Datenbank %1 bei %2 ist nicht erreichbar: %3.</translation>
        </message>
        <message>
            <source>Cannot open the hub's database %1: %2.</source>
            <translation>Die Datenbank %1 des Hubs kann nicht geöffnet werden: %2.</translation>
        </message>
        <message>
            <source>%1 is no database the hub knows: name a file, or postgres://user:password@host:port/name.</source>
            <translation>%1 ist keine Datenbank, die der Hub kennt: Nennen Sie eine Datei oder postgres://user:password@host:port/name.</translation>
        </message>
        <message>
            <source>a pipeline document must be an object, but something else stands</source>
            <translation>ein Pipeline-Dokument muss ein Objekt sein, aber etwas anderes steht</translation>
        </message>
        <message>
            <source>'%1' must be a text, but something else stands</source>
            <translation>„%1“ muss ein Text sein, aber etwas anderes steht</translation>
        </message>
        <message>
            <source>'%1' must be a time in milliseconds, but something else ends</source>
            <translation>„%1“ muss eine Zeit in Millisekunden sein, aber etwas anderes endet</translation>
        </message>
        <message>
            <source>properties must be an object, but something else stands</source>
            <translation>Eigenschaften müssen ein Objekt sein, aber etwas anderes steht</translation>
        </message>
        <message>
            <source>over %1 properties of one node</source>
            <translation>über %1 Eigenschaften eines Knotens</translation>
        </message>
        <message>
            <source>more than %1 nodes and events</source>
            <translation>mehr als %1 Knoten und Ereignisse</translation>
        </message>
        <message>
            <source>%1 must be an object, but something else stands</source>
            <translation>%1 muss ein Objekt sein, aber etwas anderes steht</translation>
        </message>
        <message>
            <source>%1: %2 at byte %3.</source>
            <translation>%1: %2 bei Byte %3.</translation>
        </message>
        <message>
            <source>not valid JSON</source>
            <translation>kein gültiges JSON</translation>
        </message>
        <message>
            <source>nested deeper than %1 levels</source>
            <translation>tiefer als %1 Ebenen verschachtelt</translation>
        </message>
        <message>
            <source>a text that is not UTF-8, or has half a character in it, ends</source>
            <translation>ein Text, der kein UTF-8 ist oder ein halbes Zeichen enthält, endet</translation>
        </message>
        <message>
            <source>a text with a NUL in it, which no store keeps, ends</source>
            <translation>ein Text mit einem NUL darin, das kein Speicher bewahrt, endet</translation>
        </message>
        <message>
            <source>not valid JSON: something follows</source>
            <translation>kein gültiges JSON: etwas folgt noch</translation>
        </message>
        <message>
            <source>"%1" cannot be the name of a %2 here: it already stands for something else. Give it another name.</source>
            <translation>„%1“ kann hier nicht als Name dienen (%2): Er steht bereits für etwas anderes. Geben Sie einen anderen Namen.</translation>
        </message>
        <message>
            <source>pipeline</source>
            <translation>Pipeline</translation>
        </message>
        <message>
            <source>stage</source>
            <translation>Stufe</translation>
        </message>
        <message>
            <source>The hub's database is of version %1 and this hub knows versions up to %2: use a newer helmscope-hub.</source>
            <translation>Die Datenbank des Hubs hat die Version %1, dieser Hub kennt Versionen bis %2: Verwenden Sie ein neueres helmscope-hub.</translation>
        </message>
        <message>
            <source>The database already holds tables of ML-Metadata that are not this hub's: give it an empty database.</source>
            <translation>Die Datenbank enthält bereits Tabellen von ML-Metadata, die nicht von diesem Hub sind: Geben Sie ihm eine leere Datenbank.</translation>
        </message>
        <message>
            <source>A token needs a name of at most 100 characters, to know it by.</source>
            <translation>Ein Token braucht einen Namen von höchstens 100 Zeichen, an dem man es erkennt.</translation>
        </message>
        <message>
            <source>Token "%1" needs a scope: read, push or admin.</source>
            <translation>Das Token „%1“ braucht einen Geltungsbereich: read, push oder admin.</translation>
        </message>
        <message>
            <source>There is a token "%1" already: revoke it, or choose another name.</source>
            <translation>Es gibt bereits ein Token „%1“: Widerrufen Sie es, oder wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <source>TLS needs both a certificate and its key.</source>
            <translation>TLS braucht ein Zertifikat und dessen Schlüssel.</translation>
        </message>
        <message>
            <source>Cannot use the certificate %1: it is no PEM file that can be read.</source>
            <translation>Das Zertifikat %1 kann nicht verwendet werden: Es ist keine lesbare PEM-Datei.</translation>
        </message>
        <message>
            <source>Cannot use the key %1: it is no PEM file that can be read, or not the certificate's.</source>
            <translation>Der Schlüssel %1 kann nicht verwendet werden: Er ist keine lesbare PEM-Datei oder nicht der des Zertifikats.</translation>
        </message>
        <message>
            <source>Cannot listen on %1, port %2: it is taken by another program, or not an address of this machine. Choose another with --listen and --port.</source>
            <translation>Auf %1, Port %2 kann nicht gelauscht werden: Ein anderes Programm belegt ihn, oder es ist keine Adresse dieses Rechners. Wählen Sie mit --listen und --port etwas anderes.</translation>
        </message>
        <message>
            <source>The request's head says two different things, or is too long.</source>
            <translation>Der Kopf der Anfrage sagt Widersprüchliches oder ist zu lang.</translation>
        </message>
        <message>
            <source>%1 is larger than 1 MB: that is no configuration.</source>
            <translation>%1 ist größer als 1 MB: Das ist keine Konfiguration.</translation>
        </message>
        <message>
            <source>A value in %1 cannot have several lines: %2.</source>
            <translation>Ein Wert in %1 kann nicht mehrere Zeilen haben: %2.</translation>
        </message>
        <message>
            <source>Cannot make the folder of %1.</source>
            <translation>Der Ordner von %1 kann nicht angelegt werden.</translation>
        </message>
        <message>
            <source>it is empty or too long</source>
            <translation>er ist leer oder zu lang</translation>
        </message>
        <message>
            <source>control characters and backslashes are not taken</source>
            <translation>Steuerzeichen und umgekehrte Schrägstriche werden nicht angenommen</translation>
        </message>
        <message>
            <source>it is no text</source>
            <translation>er ist kein Text</translation>
        </message>
        <message>
            <source>it names a drive</source>
            <translation>er nennt ein Laufwerk</translation>
        </message>
        <message>
            <source>it leads elsewhere</source>
            <translation>er führt anderswohin</translation>
        </message>
        <message>
            <source>a name in it is too long</source>
            <translation>ein Name darin ist zu lang</translation>
        </message>
        <message>
            <source>%1 is no list of a folder's files: %2.</source>
            <translation>%1 ist keine Liste der Dateien eines Ordners: %2.</translation>
        </message>
        <message>
            <source>it is too long</source>
            <translation>sie ist zu lang</translation>
        </message>
        <message>
            <source>it is no array</source>
            <translation>sie ist kein Array</translation>
        </message>
        <message>
            <source>it has more than %1 files</source>
            <translation>sie hat mehr als %1 Dateien</translation>
        </message>
        <message>
            <source>its path '%1' is refused, %2</source>
            <translation>ihr Pfad „%1“ wird abgelehnt, %2</translation>
        </message>
        <message>
            <source>'%1' is no md5 of %2</source>
            <translation>„%1“ ist kein md5 von %2</translation>
        </message>
        <message>
            <source>'%1' is there twice, or but for upper and lower case</source>
            <translation>„%1“ kommt zweimal vor, oder bis auf Groß- und Kleinschreibung</translation>
        </message>
        <message>
            <source>a part of '%1' is a file and a folder</source>
            <translation>ein Teil von „%1“ ist eine Datei und ein Ordner</translation>
        </message>
        <message>
            <source>The folder %1 is not in the cache. Pull it from where it was pushed to.</source>
            <translation>Der Ordner %1 ist nicht im Zwischenspeicher. Laden Sie ihn von dort herunter, wohin er hochgeladen wurde.</translation>
        </message>
        <message>
            <source>Cannot restore %1: something is there already.</source>
            <translation>%1 kann nicht wiederhergestellt werden: Dort ist bereits etwas.</translation>
        </message>
        <message>
            <source>%1 is too long for a list of a folder's files.</source>
            <translation>%1 ist zu lang für eine Liste der Dateien eines Ordners.</translation>
        </message>
        <message>
            <source>Cannot make the folder %1: %2.</source>
            <translation>Der Ordner %1 kann nicht angelegt werden: %2.</translation>
        </message>
        <message>
            <source>The content %1 of %2 is not in the cache. Pull it from where it was pushed to.</source>
            <translation>Der Inhalt %1 von %2 ist nicht im Zwischenspeicher. Laden Sie ihn von dort herunter, wohin er hochgeladen wurde.</translation>
        </message>
        <message>
            <source>Cannot put %1 into its place: %2.</source>
            <translation>%1 kann nicht an seinen Platz gebracht werden: %2.</translation>
        </message>
        <message>
            <source>Cannot %1 %2: the disk is full. Make room, and go on.</source>
            <translation>%2 ließ sich nicht %1: Der Datenträger ist voll. Schaffen Sie Platz, und setzen Sie fort.</translation>
        </message>
        <message>
            <source>Cannot %1 %2: %3.</source>
            <translation>%2 ließ sich nicht %1: %3.</translation>
        </message>
        <message>
            <source>write</source>
            <translation>schreiben</translation>
        </message>
        <message>
            <source>The folder %1 is not there: mount its drive, or give another.</source>
            <translation>Der Ordner %1 ist nicht da: Binden Sie sein Laufwerk ein, oder geben Sie einen anderen an.</translation>
        </message>
        <message>
            <source>look for</source>
            <translation>auffinden</translation>
        </message>
        <message>
            <source>%1 is no file.</source>
            <translation>%1 ist keine Datei.</translation>
        </message>
        <message>
            <source>make the folder</source>
            <translation>anlegen</translation>
        </message>
        <message>
            <source>%1 is being written by another program.</source>
            <translation>%1 wird gerade von einem anderen Programm geschrieben.</translation>
        </message>
        <message>
            <source>%1 is damaged: its content is not what its name says. Remove it and pull it again.</source>
            <translation>%1 ist beschädigt: Der Inhalt ist nicht, was der Name sagt. Entfernen Sie es, und laden Sie es erneut herunter.</translation>
        </message>
        <message>
            <source>put into its place</source>
            <translation>ablegen</translation>
        </message>
        <message>
            <source>%1 asks who you are, and does not take the token or password: give another.</source>
            <translation>%1 fragt, wer Sie sind, und akzeptiert Token oder Passwort nicht: Geben Sie ein anderes an.</translation>
        </message>
        <message>
            <source>%1 does not allow it with this token or key.%2</source>
            <translation>%1 erlaubt es mit diesem Token oder Schlüssel nicht.%2</translation>
        </message>
        <message>
            <source>%1 is not there any more, or the address of the remote is wrong.</source>
            <translation>%1 ist nicht mehr da, oder die Adresse der Gegenstelle ist falsch.</translation>
        </message>
        <message>
            <source>The server of %1 takes no objects: it answers %2. Give a remote that does.</source>
            <translation>Der Server von %1 nimmt keine Objekte an: Er antwortet mit %2. Geben Sie eine Gegenstelle an, die es tut.</translation>
        </message>
        <message>
            <source>%1 is too large for its server: raise its limit, or take another remote.</source>
            <translation>%1 ist zu groß für den Server: Erhöhen Sie seine Grenze, oder nehmen Sie eine andere Gegenstelle.</translation>
        </message>
        <message>
            <source>The disk of the server of %1 is full.%2</source>
            <translation>Der Datenträger des Servers von %1 ist voll.%2</translation>
        </message>
        <message>
            <source>The server of %1 answers %2; it may work later.%3</source>
            <translation>Der Server von %1 antwortet mit %2; später gelingt es vielleicht.%3</translation>
        </message>
        <message>
            <source>%1 has moved: the server sends to another address. Give that one.</source>
            <translation>%1 ist umgezogen: Der Server verweist auf eine andere Adresse. Geben Sie diese an.</translation>
        </message>
        <message>
            <source>The server of %1 answers %2.%3</source>
            <translation>Der Server von %1 antwortet mit %2.%3</translation>
        </message>
        <message>
            <source>The server of %1 sends another part than was asked for.</source>
            <translation>Der Server von %1 sendet einen anderen Teil als verlangt.</translation>
        </message>
        <message>
            <source>The server of %1 announces %2 bytes, and %3 before.</source>
            <translation>Der Server von %1 kündigt %2 Bytes an, vorher waren es %3.</translation>
        </message>
        <message>
            <source>The remote %1 uploads by PUT or POST, not by '%2'.</source>
            <translation>Die Gegenstelle %1 lädt mit PUT oder POST hoch, nicht mit „%2“.</translation>
        </message>
        <message>
            <source>The remote %1 says redirects = %2: only "with-token" can be said there.</source>
            <translation>Die Gegenstelle %1 sagt redirects = %2: Dort lässt sich nur „with-token“ sagen.</translation>
        </message>
        <message>
            <source>%1 was taken by the server, but is not there as it was sent: %2 bytes instead of %3.</source>
            <translation>%1 wurde vom Server angenommen, ist dort aber nicht so, wie es gesendet wurde: %2 Bytes statt %3.</translation>
        </message>
        <message>
            <source>'%1' is no object's name.</source>
            <translation>„%1“ ist kein Name eines Objekts.</translation>
        </message>
        <message>
            <source>Cannot make the folder %1/partial: %2.</source>
            <translation>Der Ordner %1/partial kann nicht angelegt werden: %2.</translation>
        </message>
        <message>
            <source>The object %1 is being fetched by another program.</source>
            <translation>Das Objekt %1 wird von einem anderen Programm geholt.</translation>
        </message>
        <message>
            <source>%1 is no file: remove it.</source>
            <translation>%1 ist keine Datei: Entfernen Sie es.</translation>
        </message>
        <message>
            <source>%1 has no room for the object %2: it needs %3 MB, %4 MB are free.</source>
            <translation>%1 hat keinen Platz für das Objekt %2: Es braucht %3 MB, frei sind %4 MB.</translation>
        </message>
        <message>
            <source>Cannot write %1: the disk is full. Make room, and go on.</source>
            <translation>%1 kann nicht geschrieben werden: Der Datenträger ist voll. Schaffen Sie Platz, und setzen Sie fort.</translation>
        </message>
        <message>
            <source>The server sends more of the object %1 than the %2 bytes it announced.</source>
            <translation>Der Server sendet mehr vom Objekt %1 als die %2 Bytes, die er angekündigt hat.</translation>
        </message>
        <message>
            <source>'%1' is no object's name: that is 32 hexadecimal digits.</source>
            <translation>„%1“ ist kein Name eines Objekts: Das sind 32 hexadezimale Ziffern.</translation>
        </message>
        <message>
            <source>it became shorter meanwhile</source>
            <translation>es wurde inzwischen kürzer</translation>
        </message>
        <message>
            <source>%1 was changed while it was sent.</source>
            <translation>%1 wurde geändert, während es gesendet wurde.</translation>
        </message>
        <message>
            <source>The remote %1 names no bucket: its address is s3://bucket/prefix.</source>
            <translation>Die Gegenstelle %1 nennt keinen Bucket: Ihre Adresse ist s3://bucket/prefix.</translation>
        </message>
        <message>
            <source>The endpointurl of the remote %1 is no address of a server.</source>
            <translation>Das endpointurl der Gegenstelle %1 ist keine Adresse eines Servers.</translation>
        </message>
        <message>
            <source>There is no bucket %1 at %2.</source>
            <translation>Bei %2 gibt es keinen Bucket %1.</translation>
        </message>
        <message>
            <source>%1 does not take the access key: give another.</source>
            <translation>%1 akzeptiert den Zugriffsschlüssel nicht: Geben Sie einen anderen an.</translation>
        </message>
        <message>
            <source>The session at %1 is over: give a new session token.</source>
            <translation>Die Sitzung bei %1 ist abgelaufen: Geben Sie ein neues Sitzungstoken an.</translation>
        </message>
        <message>
            <source>The bucket %1 is not in the region %2: set the remote's region%3.</source>
            <translation>Der Bucket %1 liegt nicht in der Region %2: Stellen Sie die Region der Gegenstelle%3 ein.</translation>
        </message>
        <message>
            <source> to %1</source>
            <translation> auf %1</translation>
        </message>
        <message>
            <source>%1 was taken by the server, but with other bytes than were sent.</source>
            <translation>%1 wurde vom Server angenommen, aber mit anderen Bytes als gesendet.</translation>
        </message>
        <message>
            <source>The server of %1 does not begin an upload in parts as S3 does.</source>
            <translation>Der Server von %1 beginnt ein Hochladen in Teilen nicht so, wie S3 es tut.</translation>
        </message>
        <message>
            <source>The server of %1 does not put the parts together: %2.</source>
            <translation>Der Server von %1 setzt die Teile nicht zusammen: %2.</translation>
        </message>
        <message>
            <source>%1 is not there any more.</source>
            <translation>%1 ist nicht mehr da.</translation>
        </message>
        <message>
            <source>%1 has %2 bytes instead of %3: another program wrote there, too.</source>
            <translation>%1 hat %2 Bytes statt %3: Ein anderes Programm hat ebenfalls dorthin geschrieben.</translation>
        </message>
        <message>
            <source>The remote %1 is no folder: give its whole path.</source>
            <translation>Die Gegenstelle %1 ist kein Ordner: Geben Sie den ganzen Pfad an.</translation>
        </message>
        <message>
            <source>Objects cannot be kept at the remote %1: its address begins with none of s3://, ssh://, https://, http://, file://, and it is no folder.</source>
            <translation>Auf der Gegenstelle %1 können keine Objekte aufbewahrt werden: Ihre Adresse beginnt mit keinem von s3://, ssh://, https://, http://, file://, und sie ist kein Ordner.</translation>
        </message>
        <message>
            <source>The object %1 ended after %2 of %3 bytes.</source>
            <translation>Das Objekt %1 endete nach %2 von %3 Bytes.</translation>
        </message>
        <message>
            <source>The object %1 is damaged at the remote: its content is not what its name says. Push it there again, from where it is whole.</source>
            <translation>Das Objekt %1 ist auf der Gegenstelle beschädigt: Sein Inhalt ist nicht, was sein Name sagt. Laden Sie es von dort, wo es unversehrt ist, erneut hoch.</translation>
        </message>
        <message>
            <source>The object %1 is not in the cache any more.</source>
            <translation>Das Objekt %1 ist nicht mehr im Zwischenspeicher.</translation>
        </message>
        <message>
            <source>The list of the folder %1 waits for its file %2, which did not arrive.</source>
            <translation>Die Liste des Ordners %1 wartet auf ihre Datei %2, die nicht angekommen ist.</translation>
        </message>
        <message>
            <source>%1 sends to an address that is none of a web server: that is not followed.</source>
            <translation>%1 verweist auf eine Adresse, die keine eines Webservers ist: Dem wird nicht gefolgt.</translation>
        </message>
        <message>
            <source>%1 sends to %2, which does not encrypt: that is not followed.</source>
            <translation>%1 verweist auf %2, das nicht verschlüsselt: Dem wird nicht gefolgt.</translation>
        </message>
        <message>
            <source>"%1" is no name of a remote: letters, digits, dash, underscore and dot.</source>
            <translation>„%1“ ist kein Name einer Gegenstelle: Erlaubt sind Buchstaben, Ziffern, Bindestrich, Unterstrich und Punkt.</translation>
        </message>
        <message>
            <source>"%1" is no option of a remote; secrets are kept apart.</source>
            <translation>„%1“ ist keine Option einer Gegenstelle; Geheimnisse werden getrennt aufbewahrt.</translation>
        </message>
        <message>
            <source>Remote %1 has no address that can be used.</source>
            <translation>Die Gegenstelle %1 hat keine verwendbare Adresse.</translation>
        </message>
        <message>
            <source>The address of remote %1 cannot be used: it begins with one of %2.</source>
            <translation>Die Adresse der Gegenstelle %1 kann nicht verwendet werden: Sie beginnt mit einem von %2.</translation>
        </message>
        <message>
            <source>The address of remote %1 holds a user, a token or a question: give it without, and secrets apart.</source>
            <translation>Die Adresse der Gegenstelle %1 enthält einen Benutzer, ein Token oder eine Abfrage: Geben Sie sie ohne an und Geheimnisse getrennt.</translation>
        </message>
        <message>
            <source>There is no remote %1 for %2.</source>
            <translation>Es gibt keine Gegenstelle %1 für %2.</translation>
        </message>
        <message>
            <source>The key ring does not give or take the secret of %1: %2. Unlock it, and try again.</source>
            <translation>Der Schlüsselbund gibt das Geheimnis von %1 nicht heraus oder nimmt es nicht an: %2. Entsperren Sie ihn, und versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>%1 holds secrets, and others may read it: make it yours alone with chmod 600.</source>
            <translation>%1 enthält Geheimnisse, und andere dürfen es lesen: Beschränken Sie den Zugriff mit chmod 600 auf sich.</translation>
        </message>
        <message>
            <source>The folder %1 cannot be made: secrets cannot be kept.</source>
            <translation>Der Ordner %1 kann nicht angelegt werden: Geheimnisse können nicht aufbewahrt werden.</translation>
        </message>
        <message>
            <source>%1 is in use by another program: try again.</source>
            <translation>%1 wird von einem anderen Programm benutzt: Versuchen Sie es erneut.</translation>
        </message>
        <message>
            <source>%1 cannot be written: %2. Secrets cannot be kept.</source>
            <translation>%1 kann nicht geschrieben werden: %2. Geheimnisse können nicht aufbewahrt werden.</translation>
        </message>
        <message>
            <source>the key ring</source>
            <translation>Schlüsselbund</translation>
        </message>
        <message>
            <source>The key file %1 for %2 is not there: name another.</source>
            <translation>Die Schlüsseldatei %1 für %2 ist nicht da: Nennen Sie eine andere.</translation>
        </message>
        <message>
            <source>The key file %1 for %2 cannot be read: it wants a pass phrase, or is no private key. Give the pass phrase as the password of the remote.</source>
            <translation>Die Schlüsseldatei %1 für %2 lässt sich nicht lesen: Sie verlangt eine Passphrase oder ist kein privater Schlüssel. Geben Sie die Passphrase als Passwort der Gegenstelle an.</translation>
        </message>
        <message>
            <source>The pass phrase does not open the key file %1 for %2: give the right one.</source>
            <translation>Die Passphrase öffnet die Schlüsseldatei %1 für %2 nicht: Geben Sie die richtige an.</translation>
        </message>
        <message>
            <source>%1 does not take the user or key: give others; of newer servers no RSA key is taken from here%2.</source>
            <translation>%1 nimmt Benutzer oder Schlüssel nicht an: Geben Sie andere an; neuere Server nehmen von hier keinen RSA-Schlüssel%2.</translation>
        </message>
        <message>
            <source>%1 does not take the user or password: give others%2.</source>
            <translation>%1 nimmt Benutzer oder Passwort nicht an: Geben Sie andere an%2.</translation>
        </message>
        <message>
            <source>%1 asks for a key, and no SSH agent runs here: start one and add a key to it with ssh-add, or name a key file.</source>
            <translation>%1 verlangt einen Schlüssel, und hier läuft kein SSH-Agent: Starten Sie einen und fügen Sie ihm mit ssh-add einen Schlüssel hinzu, oder nennen Sie eine Schlüsseldatei.</translation>
        </message>
        <message>
            <source>%1 asks for a key, and the SSH agent holds none: add one with ssh-add, or name a key file.</source>
            <translation>%1 verlangt einen Schlüssel, und der SSH-Agent hat keinen: Fügen Sie mit ssh-add einen hinzu, oder nennen Sie eine Schlüsseldatei.</translation>
        </message>
        <message>
            <source>%1 takes none of the SSH agent's keys for this user: add the right one with ssh-add, or give another user or key file.</source>
            <translation>%1 nimmt keinen der Schlüssel des SSH-Agenten für diesen Benutzer an: Fügen Sie mit ssh-add den richtigen hinzu, oder geben Sie einen anderen Benutzer oder eine Schlüsseldatei an.</translation>
        </message>
        <message>
            <source>A header with a line's end in it cannot be sent.</source>
            <translation>Eine Kopfzeile mit einem Zeilenende darin kann nicht gesendet werden.</translation>
        </message>
        <message>
            <source>its name is unknown: check the address and the network</source>
            <translation>der Name ist unbekannt: Prüfen Sie Adresse und Netz</translation>
        </message>
        <message>
            <source>nothing answers there: check address and port, and whether the server runs</source>
            <translation>dort antwortet nichts: Prüfen Sie Adresse und Port, und ob der Server läuft</translation>
        </message>
        <message>
            <source>it does not answer in time</source>
            <translation>keine Antwort innerhalb der Zeit</translation>
        </message>
        <message>
            <source>its host key is not the known one: compare it, then mend known_hosts</source>
            <translation>der Hostschlüssel ist nicht der bekannte: Vergleichen Sie ihn, und berichtigen Sie dann known_hosts</translation>
        </message>
        <message>
            <source>its certificate is not trusted: name the authority that signed it</source>
            <translation>dem Zertifikat wird nicht vertraut: Nennen Sie die Zertifizierungsstelle, die es signiert hat</translation>
        </message>
        <message>
            <source>the authority's file %1 cannot be used</source>
            <translation>die Datei %1 der Zertifizierungsstelle kann nicht verwendet werden</translation>
        </message>
        <message>
            <source>it refuses the user or key: give others</source>
            <translation>Benutzer oder Schlüssel werden abgelehnt: Geben Sie andere an</translation>
        </message>
        <message>
            <source>addresses of that kind cannot be used here</source>
            <translation>Adressen dieser Art können hier nicht verwendet werden</translation>
        </message>
        <message>
            <source>it sends from one address to the next without end</source>
            <translation>es wird ohne Ende von einer Adresse zur nächsten verwiesen</translation>
        </message>
        <message>
            <source>No connection can be made: libcurl does not start.</source>
            <translation>Es kann keine Verbindung hergestellt werden: libcurl startet nicht.</translation>
        </message>
        <message>
            <source>%1 cannot be reached: it sends from one address to the next without end.</source>
            <translation>%1 ist nicht zu erreichen: Es verweist ohne Ende von einer Adresse zur nächsten.</translation>
        </message>
        <message>
            <source>"%1" is no address of a server: it begins with https://, http:// or sftp://.</source>
            <translation>„%1“ ist keine Adresse eines Servers: Sie beginnt mit https://, http:// oder sftp://.</translation>
        </message>
        <message>
            <source>User and password do not belong in the address of %1: keep them apart.</source>
            <translation>Benutzer und Passwort gehören nicht in die Adresse von %1: Bewahren Sie sie getrennt auf.</translation>
        </message>
        <message>
            <source>The key of %1 cannot be checked: there is no file of known hosts. Connect to it with ssh once.</source>
            <translation>Der Schlüssel von %1 kann nicht geprüft werden: Es gibt keine Datei bekannter Hosts. Verbinden Sie sich einmal mit ssh.</translation>
        </message>
        <message>
            <source>%1 answers with more than %2 MB: that is not what was asked for.</source>
            <translation>%1 antwortet mit mehr als %2 MB: Das ist nicht, was verlangt wurde.</translation>
        </message>
        <message>
            <source>%1 cannot be reached: %2.</source>
            <translation>%1 ist nicht erreichbar: %2.</translation>
        </message>
        <message>
            <source>list the remotes</source>
            <translation>Auflisten der Gegenstellen</translation>
        </message>
        <message>
            <source>'%1' cannot be the name of a remote: letters, digits, - _ and . can.</source>
            <translation>„%1“ kann kein Name einer Gegenstelle sein: Erlaubt sind Buchstaben, Ziffern, - _ und Punkt.</translation>
        </message>
        <message>
            <source>There is a remote '%1' already: choose another name.</source>
            <translation>Es gibt bereits eine Gegenstelle „%1“: Wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <source>add the remote '%1'</source>
            <translation>Hinzufügen der Gegenstelle „%1“</translation>
        </message>
        <message>
            <source>change the remote '%1'</source>
            <translation>Ändern der Gegenstelle „%1“</translation>
        </message>
        <message>
            <source>remove the remote '%1'</source>
            <translation>Entfernen der Gegenstelle „%1“</translation>
        </message>
        <message>
            <source>There is no remote '%1' in %2.</source>
            <translation>In %2 gibt es keine Gegenstelle „%1“.</translation>
        </message>
        <message>
            <source>read the remote '%1'</source>
            <translation>Lesen der Gegenstelle „%1“</translation>
        </message>
        <message>
            <source>There is no branch or tag '%1' in %2.</source>
            <translation>In %2 gibt es keinen Zweig und kein Tag „%1“.</translation>
        </message>
        <message>
            <source>the tag stands for another version there</source>
            <translation>das Tag steht dort für eine andere Version</translation>
        </message>
        <message>
            <source>compare %1 and %2</source>
            <translation>Vergleichen von %1 und %2</translation>
        </message>
        <message>
            <source>Cannot clone into %1: something is there already.</source>
            <translation>Nach %1 kann nicht geklont werden: Dort ist bereits etwas.</translation>
        </message>
        <message>
            <source>Cannot put %1 into its place.</source>
            <translation>%1 kann nicht an seinen Platz gebracht werden.</translation>
        </message>
        <message>
            <source>see how large a version is</source>
            <translation>Ermitteln der Größe einer Version</translation>
        </message>
        <message>
            <source>%1 has no room for the files of the version: they need %2 MB, %3 MB are free.</source>
            <translation>%1 hat keinen Platz für die Dateien der Version: Sie brauchen %2 MB, frei sind %3 MB.</translation>
        </message>
        <message>
            <source>bring the files of a version into the folder</source>
            <translation>Übernehmen der Dateien einer Version in den Ordner</translation>
        </message>
        <message>
            <source>the disk is full; make room</source>
            <translation>der Datenträger ist voll; schaffen Sie Platz</translation>
        </message>
        <message>
            <source>Cannot write %1/%2: %3.</source>
            <translation>%1/%2 kann nicht geschrieben werden: %3.</translation>
        </message>
        <message>
            <source>Cannot keep the answer of %1 on the disk: %2.</source>
            <translation>Die Antwort von %1 kann nicht auf den Datenträger geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>%1 does not take the user and token: give others, with the right to %2.</source>
            <translation>%1 akzeptiert Benutzer und Token nicht: Geben Sie andere an, mit dem Recht „%2“.</translation>
        </message>
        <message>
            <source>There is no git repository at %1, or this user may not see it; a hub makes it with the first push.</source>
            <translation>Bei %1 ist kein git-Repository, oder dieser Benutzer darf es nicht sehen; ein Hub legt es beim ersten Hochladen an.</translation>
        </message>
        <message>
            <source>%1 does not take that much at once: raise the limit of its server.</source>
            <translation>%1 nimmt nicht so viel auf einmal an: Erhöhen Sie die Grenze des Servers.</translation>
        </message>
        <message>
            <source>The server of %1 answers %2; it may work later.</source>
            <translation>Der Server von %1 antwortet mit %2; später gelingt es vielleicht.</translation>
        </message>
        <message>
            <source>The server of %1 answers %2.</source>
            <translation>Der Server von %1 antwortet mit %2.</translation>
        </message>
        <message>
            <source>%1 is no git server, or one of the old kind: it answers with %2.</source>
            <translation>%1 ist kein git-Server oder einer der alten Art: Er antwortet mit %2.</translation>
        </message>
        <message>
            <source>it begins with https://, ssh:// or file://, or is user@host:path or a folder's whole path</source>
            <translation>sie beginnt mit https://, ssh:// oder file://, oder ist user@host:path oder der ganze Pfad eines Ordners</translation>
        </message>
        <message>
            <source>An address with control characters is none of a git server: %1.</source>
            <translation>Eine Adresse mit Steuerzeichen ist keine eines git-Servers: %1.</translation>
        </message>
        <message>
            <source>%1 is no address of a git server: %2.</source>
            <translation>%1 ist keine Adresse eines git-Servers: %2.</translation>
        </message>
        <message>
            <source>'%1' is no address of a git server: %2.</source>
            <translation>„%1“ ist keine Adresse eines git-Servers: %2.</translation>
        </message>
        <message>
            <source>%1 shows a certificate that cannot be checked.</source>
            <translation>%1 zeigt ein Zertifikat, das nicht geprüft werden kann.</translation>
        </message>
        <message>
            <source>The host key of %1 is not known: connect to it with ssh once and compare it, then it stands in %2.</source>
            <translation>Der Hostschlüssel von %1 ist nicht bekannt: Verbinden Sie sich einmal mit ssh und vergleichen Sie ihn; dann steht er in %2.</translation>
        </message>
        <message>
            <source>The host key of %1 is not the known one: somebody may listen in. Compare it, then mend %2.</source>
            <translation>Der Hostschlüssel von %1 ist nicht der bekannte: Möglicherweise hört jemand mit. Vergleichen Sie ihn, und berichtigen Sie dann %2.</translation>
        </message>
        <message>
            <source>The host key of %1 is revoked in %2.</source>
            <translation>Der Hostschlüssel von %1 ist in %2 widerrufen.</translation>
        </message>
        <message>
            <source>git gives no reason</source>
            <translation>git nennt keinen Grund</translation>
        </message>
        <message>
            <source>%1 fell silent, and was left after %2 seconds: try again later.</source>
            <translation>%1 ist verstummt und wurde nach %2 Sekunden verlassen: Versuchen Sie es später wieder.</translation>
        </message>
        <message>
            <source>%1 does not take the user or key: give others (%2).</source>
            <translation>%1 akzeptiert Benutzer oder Schlüssel nicht: Geben Sie andere an (%2).</translation>
        </message>
        <message>
            <source>Cannot exchange versions with %1: %2.</source>
            <translation>Versionen können mit %1 nicht ausgetauscht werden: %2.</translation>
        </message>
        <message>
            <source>compare versions</source>
            <translation>Vergleichen von Versionen</translation>
        </message>
        <message>
            <source>A file that both sides changed in %1 is too large to be compared.</source>
            <translation>Eine Datei, die in %1 beide Seiten geändert haben, ist zu groß für einen Vergleich.</translation>
        </message>
        <message>
            <source>take over %1</source>
            <translation>Übernehmen von %1</translation>
        </message>
        <message>
            <source>keep %1</source>
            <translation>Aufnehmen von %1</translation>
        </message>
        <message>
            <source>Cannot join %1 in %2: no branch is current. Choose one with git first.</source>
            <translation>%1 kann in %2 nicht zusammengeführt werden: Kein Zweig ist aktuell. Wählen Sie zuerst mit git einen.</translation>
        </message>
        <message>
            <source>Cannot join %1 in %2: the repository is in the middle of a merge, rebase or the like. Finish it or call it off with git.</source>
            <translation>%1 kann in %2 nicht zusammengeführt werden: Im Repository ist ein Merge, Rebase oder Ähnliches nicht abgeschlossen. Schließen Sie es mit git ab, oder brechen Sie es ab.</translation>
        </message>
        <message>
            <source>find where %1 and %2 part</source>
            <translation>Suchen der Trennstelle von %1 und %2</translation>
        </message>
        <message>
            <source>join versions</source>
            <translation>Zusammenführen von Versionen</translation>
        </message>
        <message>
            <source>Cannot join %1 in %2: git does not know who you are. Give a name and an e-mail first.</source>
            <translation>%1 kann in %2 nicht zusammengeführt werden: git weiß nicht, wer Sie sind. Geben Sie zuerst einen Namen und eine E-Mail-Adresse an.</translation>
        </message>
        <message>
            <source>write a version</source>
            <translation>Schreiben einer Version</translation>
        </message>
        <message>
            <source>sign a version</source>
            <translation>Unterzeichnen einer Version</translation>
        </message>
        <message>
            <source>Join %1</source>
            <translation>%1 zusammenführen</translation>
        </message>
        <message>
            <source>move the branch %1</source>
            <translation>Verschieben des Zweigs %1</translation>
        </message>
        <message>
            <source>begin the branch %1</source>
            <translation>Beginnen des Zweigs %1</translation>
        </message>
        <message>
            <source>let %1 follow %2</source>
            <translation>Verknüpfen von %1 mit %2</translation>
        </message>
        <message>
            <source>%1 cannot be reached: its name is unknown (%2). Check the address and the network.</source>
            <translation>%1 ist nicht erreichbar: Der Name ist unbekannt (%2). Prüfen Sie Adresse und Netz.</translation>
        </message>
        <message>
            <source>%1 cannot be reached: no SSH server answers there. Check address and port, and whether it runs.</source>
            <translation>%1 ist nicht erreichbar: Dort antwortet kein SSH-Server. Prüfen Sie Adresse und Port, und ob er läuft.</translation>
        </message>
        <message>
            <source>; another program is at work in this repository. If none is, remove the lock file</source>
            <translation>; ein anderes Programm arbeitet in diesem Repository. Wenn nicht, entfernen Sie die Sperrdatei</translation>
        </message>
        <message>
            <source>the folder belongs to somebody else. If that is as it should be, run: git config --global --add safe.directory '%1'</source>
            <translation>der Ordner gehört jemand anderem. Wenn das so sein soll, führen Sie aus: git config --global --add safe.directory '%1'</translation>
        </message>
        <message>
            <source>; make the folder writable</source>
            <translation>; machen Sie den Ordner beschreibbar</translation>
        </message>
        <message>
            <source>; make room on the disk</source>
            <translation>; schaffen Sie Platz auf dem Datenträger</translation>
        </message>
        <message>
            <source>Cannot %1 in %2: %3.</source>
            <translation>Das %1 in %2 ist fehlgeschlagen: %3.</translation>
        </message>
        <message>
            <source>read version %1</source>
            <translation>Lesen der Version %1</translation>
        </message>
        <message>
            <source>There is no version '%1' in %2.</source>
            <translation>In %2 gibt es keine Version „%1“.</translation>
        </message>
        <message>
            <source>read a version's files</source>
            <translation>Lesen der Dateien einer Version</translation>
        </message>
        <message>
            <source>'%1' is no path of a file in %2.</source>
            <translation>„%1“ ist kein Pfad einer Datei in %2.</translation>
        </message>
        <message>
            <source>Cannot make a git repository in %1: %2.</source>
            <translation>In %1 kann kein git-Repository angelegt werden: %2.</translation>
        </message>
        <message>
            <source>%1 is no git repository.</source>
            <translation>%1 ist kein git-Repository.</translation>
        </message>
        <message>
            <source>open the git repository</source>
            <translation>Öffnen des git-Repositorys</translation>
        </message>
        <message>
            <source>%1 is a bare git repository, without files.</source>
            <translation>%1 ist ein bloßes git-Repository (bare), ohne Dateien.</translation>
        </message>
        <message>
            <source>Cannot use '%1 &lt;%2&gt;' as the author of versions: name and e-mail must neither be empty nor hold &lt; or &gt;.</source>
            <translation>„%1 &lt;%2&gt;“ kann nicht als Autor von Versionen dienen: Name und E-Mail-Adresse dürfen weder leer sein noch &lt; oder &gt; enthalten.</translation>
        </message>
        <message>
            <source>keep the author's name</source>
            <translation>Speichern des Autornamens</translation>
        </message>
        <message>
            <source>'%1' cannot be the name of a tag: git allows neither blanks nor any of ~ ^ : ? * [ \ in it.</source>
            <translation>„%1“ kann kein Name eines Tags sein: git erlaubt darin weder Leerzeichen noch eines der Zeichen ~ ^ : ? * [ \.</translation>
        </message>
        <message>
            <source>Cannot set the tag '%1' in %2: git does not know who you are. Give a name and an e-mail first.</source>
            <translation>Das Tag „%1“ kann in %2 nicht gesetzt werden: git weiß nicht, wer Sie sind. Geben Sie zuerst einen Namen und eine E-Mail-Adresse an.</translation>
        </message>
        <message>
            <source>set the tag '%1'</source>
            <translation>Setzen des Tags „%1“</translation>
        </message>
        <message>
            <source>There is a tag '%1' already: choose another name.</source>
            <translation>Es gibt bereits ein Tag „%1“: Wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <source>There is no tag '%1' in %2.</source>
            <translation>In %2 gibt es kein Tag „%1“.</translation>
        </message>
        <message>
            <source>remove the tag '%1'</source>
            <translation>Entfernen des Tags „%1“</translation>
        </message>
        <message>
            <source>commit</source>
            <translation>Anlegen einer Version</translation>
        </message>
        <message>
            <source>leave out %1</source>
            <translation>Weglassen von %1</translation>
        </message>
        <message>
            <source>%1 leads out of the folder and is not committed.</source>
            <translation>%1 führt aus dem Ordner hinaus und kommt nicht in die Version.</translation>
        </message>
        <message>
            <source>%1 is a link and is not committed.</source>
            <translation>%1 ist eine Verknüpfung und kommt nicht in die Version.</translation>
        </message>
        <message>
            <source>%1 is larger than %2 MiB and is not committed; keep it as an artifact.</source>
            <translation>%1 ist größer als %2 MiB und kommt nicht in die Version; bewahren Sie es als Artefakt auf.</translation>
        </message>
        <message>
            <source>Cannot commit in %1: git does not know who you are. Give a name and an e-mail first.</source>
            <translation>In %1 kann keine Version angelegt werden: git weiß nicht, wer Sie sind. Geben Sie zuerst einen Namen und eine E-Mail-Adresse an.</translation>
        </message>
        <message>
            <source>Cannot commit in %1: the repository is in the middle of a %2. Finish it or call it off with git.</source>
            <translation>In %1 kann keine Version angelegt werden: Im Repository ist ein Vorgang nicht abgeschlossen (%2). Schließen Sie ihn mit git ab, oder brechen Sie ihn ab.</translation>
        </message>
        <message>
            <source>merge</source>
            <translation>Merge</translation>
        </message>
        <message>
            <source>rebase</source>
            <translation>Rebase</translation>
        </message>
        <message>
            <source>cherry-pick, revert or bisection</source>
            <translation>Cherry-Pick, Revert oder Bisect</translation>
        </message>
        <message>
            <source>'%1' cannot be the name of a branch.</source>
            <translation>„%1“ kann kein Name eines Zweigs sein.</translation>
        </message>
        <message>
            <source>begin a version</source>
            <translation>Beginnen einer Version</translation>
        </message>
        <message>
            <source>list the versions</source>
            <translation>Auflisten der Versionen</translation>
        </message>
        <message>
            <source>read '%1' of version %2</source>
            <translation>Lesen von „%1“ der Version %2</translation>
        </message>
        <message>
            <source>Cannot read '%1' of version %2 in %3: it has %4 bytes, and at most %5 are read.</source>
            <translation>„%1“ der Version %2 in %3 kann nicht gelesen werden: Es hat %4 Bytes, und höchstens %5 werden gelesen.</translation>
        </message>
        <message>
            <source>list the files of version %1</source>
            <translation>Auflisten der Dateien von Version %1</translation>
        </message>
        <message>
            <source>list branches and tags</source>
            <translation>Auflisten der Zweige und Tags</translation>
        </message>
        <message>
            <source>The instrument failed: %1</source>
            <translation>Das Gerät meldet einen Fehler: %1</translation>
        </message>
        <message>
            <source>asyncroscopy at %1 (%2)</source>
            <translation>asyncroscopy unter %1 (%2)</translation>
        </message>
        <message>
            <source>%1 × %1 pixels; the field's size is not told</source>
            <translation>%1 × %1 Pixel; die Größe des Bildfelds wird nicht mitgeteilt</translation>
        </message>
        <message>
            <source>Place the beam</source>
            <translation>Strahl positionieren</translation>
        </message>
        <message>
            <source>in fractions of the field</source>
            <translation>in Bruchteilen des Bildfelds</translation>
        </message>
        <message>
            <source>%1 channels, energies are not told</source>
            <translation>%1 Kanäle, Energien werden nicht mitgeteilt</translation>
        </message>
        <message>
            <source>the spectrometer's own; the time with the beam on is told</source>
            <translation>die des Spektrometers; gemeldet wird die Zeit mit Strahl</translation>
        </message>
        <message>
            <source>around each spectrum, and on abort</source>
            <translation>um jedes Spektrum herum und bei Abbruch</translation>
        </message>
        <message>
            <source>anybody else can move it as well</source>
            <translation>jeder andere kann es ebenfalls bewegen</translation>
        </message>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>the current is not told</source>
            <translation>der Strom wird nicht mitgeteilt</translation>
        </message>
        <message>
            <source>it tells a place of its stage that cannot be.</source>
            <translation>Es nennt einen Ort seines Tisches, den es nicht geben kann.</translation>
        </message>
        <message>
            <source>at x, y, z, α, β = %1 as its server writes it, in units that it does not tell; this protocol has no command that moves it</source>
            <translation>bei x, y, z, α, β = %1, wie sein Server es schreibt, in Einheiten, die er nicht nennt; dieses Protokoll hat keinen Befehl, der ihn bewegt</translation>
        </message>
        <message>
            <source>the image has another size</source>
            <translation>das Bild hat eine andere Größe</translation>
        </message>
        <message>
            <source>it sent lists nested deeper than %1 levels.</source>
            <translation>gesendete Listen sind tiefer als %1 Ebenen verschachtelt.</translation>
        </message>
        <message>
            <source>it sent something else where a number was expected.</source>
            <translation>statt einer Zahl wurde etwas anderes gesendet.</translation>
        </message>
        <message>
            <source>it sent no array.</source>
            <translation>es wurde kein Array gesendet.</translation>
        </message>
        <message>
            <source>it sent an array with a side of %1.</source>
            <translation>es wurde ein Array mit einer Seitenlänge von %1 gesendet.</translation>
        </message>
        <message>
            <source>it sent %1 numbers for a shape of %2.</source>
            <translation>es wurden %1 Zahlen für eine Form von %2 gesendet.</translation>
        </message>
        <message>
            <source>a program that speaks Pyro5 answers at this port: use pyro:// instead.</source>
            <translation>an diesem Port antwortet ein Programm, das Pyro5 spricht: stattdessen pyro:// verwenden.</translation>
        </message>
        <message>
            <source>its answer is no JSON object.</source>
            <translation>die Antwort ist kein JSON-Objekt.</translation>
        </message>
        <message>
            <source>it has no detector for images (%1).</source>
            <translation>es gibt keinen Detektor für Bilder (%1).</translation>
        </message>
        <message>
            <source>DTMicroscope at %1</source>
            <translation>DTMicroscope unter %1</translation>
        </message>
        <message>
            <source>it has no spectrometer</source>
            <translation>es gibt kein Spektrometer</translation>
        </message>
        <message>
            <source>positions go in nm, and the field's width is not told</source>
            <translation>Positionen sind in nm, und die Breite des Bildfelds wird nicht mitgeteilt</translation>
        </message>
        <message>
            <source>%1, %2 × %3</source>
            <translation>%1, %2 × %3</translation>
        </message>
        <message>
            <source>%1; many servers only pretend to</source>
            <translation>%1; viele Server täuschen es nur vor</translation>
        </message>
        <message>
            <source>the server's own</source>
            <translation>die des Servers</translation>
        </message>
        <message>
            <source>HELMSCOPE_DTMICROSCOPE_STAGE is '%1': it tells the units of the stage's lengths and tilts, such as m,deg or nm,rad, and -x or -y behind them for a direction that is turned round.</source>
            <translation>HELMSCOPE_DTMICROSCOPE_STAGE ist „%1“: Es nennt die Einheiten der Längen und Kippwinkel des Tisches, etwa m,deg oder nm,rad, und dahinter -x oder -y für eine umgekehrte Richtung.</translation>
        </message>
        <message>
            <source>it tells %1 numbers of its stage; x, y, z and two tilts were expected.</source>
            <translation>Es nennt %1 Zahlen seines Tisches; erwartet wurden x, y, z und zwei Kippwinkel.</translation>
        </message>
        <message>
            <source>at x, y, z, α, β = %1 as its server writes it. Its units are not told, and servers of this kind differ: nothing is moved unless HELMSCOPE_DTMICROSCOPE_STAGE tells them</source>
            <translation>bei x, y, z, α, β = %1, wie sein Server es schreibt. Seine Einheiten sind nicht genannt, und Server dieser Art unterscheiden sich: Nichts wird bewegt, solange HELMSCOPE_DTMICROSCOPE_STAGE sie nicht nennt</translation>
        </message>
        <message>
            <source>%1 from %2 to %3</source>
            <translation>%1 von %2 nach %3</translation>
        </message>
        <message>
            <source>%1; with the beam as it is, which this protocol cannot blank, and an abort does not stop it</source>
            <translation>%1; mit dem Strahl, wie er ist: Dieses Protokoll kann ihn nicht austasten, und ein Abbruch hält den Tisch nicht an</translation>
        </message>
        <message>
            <source>Cannot write the transcript %1: %2.</source>
            <translation>Das Protokoll %1 kann nicht geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>The beam could not be blanked: %1</source>
            <translation>Der Strahl konnte nicht ausgetastet werden: %1</translation>
        </message>
        <message>
            <source>%1 was aborted: allow it again before the next measurement.</source>
            <translation>%1 wurde abgebrochen: vor der nächsten Messung wieder zulassen.</translation>
        </message>
        <message>
            <source>Gave up waiting for %1: %2</source>
            <translation>Das Warten auf %1 wurde aufgegeben: %2</translation>
        </message>
        <message>
            <source>%1 sent an image of %2 × %3 pixels; %4 × %5 were expected.</source>
            <translation>%1 hat ein Bild von %2 × %3 Pixeln gesendet; erwartet wurden %4 × %5.</translation>
        </message>
        <message>
            <source>%1 cannot measure at a pixel: what it can do says why.</source>
            <translation>%1 kann nicht an einem Pixel messen: Die Fähigkeiten des Geräts nennen den Grund.</translation>
        </message>
        <message>
            <source>%1 sent a spectrum of %2 channels; %3 were expected.</source>
            <translation>%1 hat ein Spektrum mit %2 Kanälen gesendet; erwartet wurden %3.</translation>
        </message>
        <message>
            <source>%1 The stage may have moved, or move still: look at it before anything else.</source>
            <translation>%1 Der Tisch kann sich bewegt haben oder noch bewegen: Sehen Sie zuerst nach ihm.</translation>
        </message>
        <message>
            <source>The stage of %1 is at %2 = %3, and %4 was asked for.</source>
            <translation>Der Tisch von %1 steht bei %2 = %3, verlangt war %4.</translation>
        </message>
        <message>
            <source>Cannot reach %1: %2.</source>
            <translation>%1 ist nicht erreichbar: %2.</translation>
        </message>
        <message>
            <source>%1 did not answer within %2 s.</source>
            <translation>%1 hat innerhalb von %2 s nicht geantwortet.</translation>
        </message>
        <message>
            <source>%1 closed the connection in the middle of its answer.</source>
            <translation>%1 hat die Verbindung mitten in der Antwort geschlossen.</translation>
        </message>
        <message>
            <source>its answer is no JSON: %1.</source>
            <translation>die Antwort ist kein JSON: %1.</translation>
        </message>
        <message>
            <source>it does not speak Pyro5. Is this the right port?</source>
            <translation>es spricht kein Pyro5. Ist das der richtige Port?</translation>
        </message>
        <message>
            <source>it speaks version %1 of Pyro's protocol, not %2.</source>
            <translation>es spricht Version %1 des Protokolls von Pyro, nicht %2.</translation>
        </message>
        <message>
            <source>its answer of %1 bytes is too large.</source>
            <translation>die Antwort von %1 Bytes ist zu groß.</translation>
        </message>
        <message>
            <source>it answers with serializer %1; only JSON is read here.</source>
            <translation>es antwortet mit dem Serializer %1; hier wird nur JSON gelesen.</translation>
        </message>
        <message>
            <source>it compresses its answers: switch Pyro's COMPRESSION off.</source>
            <translation>es komprimiert seine Antworten: COMPRESSION von Pyro ausschalten.</translation>
        </message>
        <message>
            <source>%1 cannot measure row %2, column %3: rows go from 0 to %4, columns from 0 to %5.</source>
            <translation>%1 kann Zeile %2, Spalte %3 nicht messen: Zeilen reichen von 0 bis %4, Spalten von 0 bis %5.</translation>
        </message>
        <message>
            <source>%1 cannot dwell for %2 s: a dwell lasts from %3 s to %4 s.</source>
            <translation>%1 kann nicht %2 s verweilen: Eine Verweilzeit dauert %3 s bis %4 s.</translation>
        </message>
        <message>
            <source>%1 may not visit row %2, column %3: its region is rows %4 to %5, columns %6 to %7.</source>
            <translation>%1 darf Zeile %2, Spalte %3 nicht anfahren: Der Bereich umfasst die Zeilen %4 bis %5, Spalten %6 bis %7.</translation>
        </message>
        <message>
            <source>%1 may not expose with %2 A: its limit is %3 A.</source>
            <translation>%1 darf nicht mit %2 A belichten: Die Grenze liegt bei %3 A.</translation>
        </message>
        <message>
            <source>%1 may not give row %2, column %3 another %4 e/Å²: it got %5, and the limit is %6.</source>
            <translation>%1 darf Zeile %2, Spalte %3 nicht weitere %4 e/Å² geben: Dort sind schon %5, und die Grenze liegt bei %6.</translation>
        </message>
        <message>
            <source>%1 has no stage that can be moved from here.</source>
            <translation>%1 hat keinen Tisch, der sich von hier bewegen lässt.</translation>
        </message>
        <message>
            <source>a grid of %1 × %2 pixels</source>
            <translation>ein Raster von %1 × %2 Pixeln</translation>
        </message>
        <message>
            <source>%1 channels</source>
            <translation>%1 Kanäle</translation>
        </message>
        <message>
            <source>answers single values</source>
            <translation>antwortet mit Einzelwerten</translation>
        </message>
        <message>
            <source>%1 to %2</source>
            <translation>%1 bis %2</translation>
        </message>
        <message>
            <source>Abort</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>at once</source>
            <translation>sofort</translation>
        </message>
        <message>
            <source>The simulated sample cannot be made: its %1 must be from %2 to %3, not %4.</source>
            <translation>Die simulierte Probe kann nicht erzeugt werden: %1 muss zwischen %2 und %3 liegen, nicht bei %4.</translation>
        </message>
        <message>
            <source>number of rows</source>
            <translation>Zeilenzahl</translation>
        </message>
        <message>
            <source>number of columns</source>
            <translation>Spaltenzahl</translation>
        </message>
        <message>
            <source>pixel size in nm</source>
            <translation>Pixelgröße in nm</translation>
        </message>
        <message>
            <source>cubes' side in pixels</source>
            <translation>Seitenlänge der Würfel in Pixeln</translation>
        </message>
        <message>
            <source>gap in sides of a cube</source>
            <translation>Abstand in Würfelseiten</translation>
        </message>
        <message>
            <source>relative spread of sizes</source>
            <translation>relative Streuung der Größen</translation>
        </message>
        <message>
            <source>tilt in degrees</source>
            <translation>Kippung in Grad</translation>
        </message>
        <message>
            <source>hole in nm</source>
            <translation>Loch in nm</translation>
        </message>
        <message>
            <source>vacuum's part of the field</source>
            <translation>Vakuumanteil des Bildfelds</translation>
        </message>
        <message>
            <source>number of channels</source>
            <translation>Kanalzahl</translation>
        </message>
        <message>
            <source>lowest energy in eV</source>
            <translation>niedrigste Energie in eV</translation>
        </message>
        <message>
            <source>highest energy in eV</source>
            <translation>höchste Energie in eV</translation>
        </message>
        <message>
            <source>%1 is on another machine, and its protocol is neither encrypted nor asks who calls: reach it through a tunnel, such as ssh -L %2:localhost:%2 %3, and open it at localhost.</source>
            <translation>%1 ist auf einem anderen Rechner, und das Protokoll ist weder verschlüsselt noch fragt es, wer ruft: durch einen Tunnel erreichen, etwa ssh -L %2:localhost:%2 %3, und unter localhost öffnen.</translation>
        </message>
        <message>
            <source>'%1' is no instrument's address: it is HOST:PORT such as localhost:7117, with tls://, dtmicroscope://, asyncroscopy:// or pyro:// before it where needed.</source>
            <translation>„%1“ ist keine Adresse eines Geräts: Sie lautet HOST:PORT wie localhost:7117, wo nötig mit tls://, dtmicroscope://, asyncroscopy:// oder pyro:// davor.</translation>
        </message>
        <message>
            <source>Cannot use %1: an instrument that speaks '%2' is not known here.</source>
            <translation>%1 kann nicht verwendet werden: Ein Gerät, das „%2“ spricht, ist hier nicht bekannt.</translation>
        </message>
        <message>
            <source>Cannot use %1: an instrument needs a host and a port.</source>
            <translation>%1 kann nicht verwendet werden: Ein Gerät braucht einen Host und einen Port.</translation>
        </message>
        <message>
            <source>Cannot read the token in %1: %2.</source>
            <translation>Das Token in %1 kann nicht gelesen werden: %2.</translation>
        </message>
        <message>
            <source>The token in %1 can be read by others: give the file mode 600.</source>
            <translation>Das Token in %1 ist für andere lesbar: der Datei den Modus 600 geben.</translation>
        </message>
        <message>
            <source>The token in %1 is shorter than 16 characters, which can be guessed.</source>
            <translation>Das Token in %1 ist kürzer als 16 Zeichen und damit erratbar.</translation>
        </message>
        <message>
            <source>Cannot keep the token in %1: %2.</source>
            <translation>Das Token kann nicht in %1 abgelegt werden: %2.</translation>
        </message>
        <message>
            <source>The instrument announced an array with a side of %1.</source>
            <translation>Das Gerät kündigte ein Array mit einer Seitenlänge von %1 an.</translation>
        </message>
        <message>
            <source>The instrument announced an array that nobody asked for: %1 sides, at least %2 numbers.</source>
            <translation>Das Gerät kündigte ein Array an, das niemand verlangt hat: %1 Dimensionen, mindestens %2 Zahlen.</translation>
        </message>
        <message>
            <source>The instrument sent an array in the order '%1'; only C is understood.</source>
            <translation>Das Gerät sendete ein Array in der Reihenfolge „%1“; nur C wird verstanden.</translation>
        </message>
        <message>
            <source>The instrument announced %1 numbers of %2 and sent %3 bytes.</source>
            <translation>Das Gerät kündigte %1 Zahlen vom Typ %2 an und sendete %3 Bytes.</translation>
        </message>
        <message>
            <source>An array of the instrument was damaged on its way: its hash differs.</source>
            <translation>Ein Array des Geräts wurde unterwegs beschädigt: Der Hash weicht ab.</translation>
        </message>
        <message>
            <source>The instrument sent an array of '%1', which is not understood.</source>
            <translation>Das Gerät sendete ein Array vom Typ „%1“, der nicht verstanden wird.</translation>
        </message>
        <message>
            <source>The instrument sent an array with %1 sides where an image was expected.</source>
            <translation>Das Gerät sendete ein Array mit %1 Dimensionen, wo ein Bild erwartet wurde.</translation>
        </message>
        <message>
            <source>Cannot write the log of commands %1: %2.</source>
            <translation>Das Protokoll der Befehle %1 kann nicht geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>connects and says hello</source>
            <translation>verbindet sich und sendet hello</translation>
        </message>
        <message>
            <source>capabilities: name, methods, limits</source>
            <translation>capabilities: Name, Methoden, Grenzen</translation>
        </message>
        <message>
            <source>calibration: pixel size and energies</source>
            <translation>calibration: Pixelgröße und Energien</translation>
        </message>
        <message>
            <source>state: beam and lease</source>
            <translation>state: Strahl und Belegung</translation>
        </message>
        <message>
            <source>refuses what it does not know with -32601</source>
            <translation>lehnt Unbekanntes mit -32601 ab</translation>
        </message>
        <message>
            <source>moves nothing without a lease</source>
            <translation>bewegt nichts ohne Belegung</translation>
        </message>
        <message>
            <source>gives one lease, to one owner</source>
            <translation>vergibt eine Belegung, an einen Inhaber</translation>
        </message>
        <message>
            <source>spectrum at a pixel</source>
            <translation>Spektrum an einem Pixel</translation>
        </message>
        <message>
            <source>answers a lost key from memory</source>
            <translation>beantwortet einen verlorenen Schlüssel aus dem Gedächtnis</translation>
        </message>
        <message>
            <source>refuses what is outside of its limits</source>
            <translation>lehnt ab, was außerhalb der Grenzen liegt</translation>
        </message>
        <message>
            <source>several points at once</source>
            <translation>mehrere Punkte auf einmal</translation>
        </message>
        <message>
            <source>places the beam</source>
            <translation>positioniert den Strahl</translation>
        </message>
        <message>
            <source>moves the stage, blanked and within limits</source>
            <translation>bewegt den Tisch, ausgetastet und in seinen Grenzen</translation>
        </message>
        <message>
            <source>blanks the beam after an exposure</source>
            <translation>tastet den Strahl nach einer Belichtung aus</translation>
        </message>
        <message>
            <source>answers while it measures</source>
            <translation>antwortet während der Messung</translation>
        </message>
        <message>
            <source>abort ends, blanks, and revokes the lease</source>
            <translation>Abbruch beendet, tastet aus und entzieht die Belegung</translation>
        </message>
        <message>
            <source>blanks and frees when a lease runs out</source>
            <translation>tastet aus und gibt frei, wenn eine Belegung abläuft</translation>
        </message>
        <message>
            <source>blanks when a connection is lost</source>
            <translation>tastet aus, wenn eine Verbindung verloren geht</translation>
        </message>
        <message>
            <source>what it needs does not work</source>
            <translation>die Voraussetzungen dafür fehlen</translation>
        </message>
        <message>
            <source>'%1' is refused with code %2 instead of %3: %4</source>
            <translation>„%1“ wird mit Code %2 statt %3 abgelehnt: %4</translation>
        </message>
        <message>
            <source>'%1' is done although it must be refused (%2).</source>
            <translation>„%1“ wird ausgeführt, obwohl es abgelehnt werden muss (%2).</translation>
        </message>
        <message>
            <source>the server has no %1</source>
            <translation>dem Server fehlt %1</translation>
        </message>
        <message>
            <source>There is no 'name'.</source>
            <translation>„name“ fehlt.</translation>
        </message>
        <message>
            <source>'limits' has no 'rows' and 'cols' above 0.</source>
            <translation>„limits“ hat kein „rows“ und „cols“ über 0.</translation>
        </message>
        <message>
            <source>'limits' has no 'min_dwell_s' up to 'max_dwell_s'.</source>
            <translation>„limits“ hat kein „min_dwell_s“ bis höchstens „max_dwell_s“.</translation>
        </message>
        <message>
            <source>'methods' does not name '%1', which every server needs.</source>
            <translation>„methods“ nennt „%1“ nicht, was jeder Server braucht.</translation>
        </message>
        <message>
            <source>%1 × %2 pixels, %3 to %4 s</source>
            <translation>%1 × %2 Pixel, %3 bis %4 s</translation>
        </message>
        <message>
            <source>The energies do not increase at channel %1.</source>
            <translation>Die Energien steigen bei Kanal %1 nicht an.</translation>
        </message>
        <message>
            <source>There are no energies, and 'capabilities' does not say that it answers values.</source>
            <translation>Es gibt keine Energien, und „capabilities“ sagt nicht, dass Werte geantwortet werden.</translation>
        </message>
        <message>
            <source>'image_pixel_m' is negative.</source>
            <translation>„image_pixel_m“ ist negativ.</translation>
        </message>
        <message>
            <source>'beam' is '%1', neither blanked, on nor unknown.</source>
            <translation>„beam“ ist „%1“, weder blanked noch on noch unknown.</translation>
        </message>
        <message>
            <source>There is no 'lease_owner'.</source>
            <translation>„lease_owner“ fehlt.</translation>
        </message>
        <message>
            <source>Somebody has the lease (%1): try again when nobody works there.</source>
            <translation>Jemand hat die Belegung (%1): erneut versuchen, wenn dort niemand arbeitet.</translation>
        </message>
        <message>
            <source>beam %1</source>
            <translation>Strahl %1</translation>
        </message>
        <message>
            <source>The answer has no 'lease'.</source>
            <translation>Die Antwort hat kein „lease“.</translation>
        </message>
        <message>
            <source>'state' does not name the owner.</source>
            <translation>„state“ nennt den Inhaber nicht.</translation>
        </message>
        <message>
            <source>The image has %1 × %2 pixels instead of %3 × %4.</source>
            <translation>Das Bild hat %1 × %2 Pixel statt %3 × %4.</translation>
        </message>
        <message>
            <source>%1 × %2 pixels</source>
            <translation>%1 × %2 Pixel</translation>
        </message>
        <message>
            <source>There is no 'value'.</source>
            <translation>„value“ fehlt.</translation>
        </message>
        <message>
            <source>The spectrum has %1 channels instead of %2.</source>
            <translation>Das Spektrum hat %1 Kanäle statt %2.</translation>
        </message>
        <message>
            <source>%1 ms beyond the dwell</source>
            <translation>%1 ms über die Verweilzeit hinaus</translation>
        </message>
        <message>
            <source>the sample is exposed again when an answer is lost</source>
            <translation>die Probe wird erneut belichtet, wenn eine Antwort verloren geht</translation>
        </message>
        <message>
            <source>There are not two 'values'.</source>
            <translation>Es gibt keine zwei „values“.</translation>
        </message>
        <message>
            <source>The array's shape is not [2, %1].</source>
            <translation>Die Form des Arrays ist nicht [2, %1].</translation>
        </message>
        <message>
            <source>'stage.get' names no axis with a position.</source>
            <translation>„stage.get“ nennt keine Achse mit einer Stellung.</translation>
        </message>
        <message>
            <source>The limits of '%1' leave nowhere to go.</source>
            <translation>Die Grenzen von „%1“ lassen keinen Weg.</translation>
        </message>
        <message>
            <source>The stage moved although it was refused.</source>
            <translation>Der Tisch bewegte sich, obwohl es abgelehnt war.</translation>
        </message>
        <message>
            <source>The beam is '%1' after a move of the stage.</source>
            <translation>Der Strahl ist nach einer Bewegung des Tisches „%1“.</translation>
        </message>
        <message>
            <source>The stage is at %1 = %2 instead of %3.</source>
            <translation>Der Tisch steht bei %1 = %2 statt bei %3.</translation>
        </message>
        <message>
            <source>%1 by %2 in %3 s</source>
            <translation>%1 um %2 in %3 s</translation>
        </message>
        <message>
            <source>The beam is '%1' between exposures.</source>
            <translation>Der Strahl ist zwischen Belichtungen „%1“.</translation>
        </message>
        <message>
            <source>The exposure was refused.</source>
            <translation>Die Belichtung wurde abgelehnt.</translation>
        </message>
        <message>
            <source>A second connection waits for the first one's exposure (%1 s): an abort would too.</source>
            <translation>Eine zweite Verbindung wartet auf die Belichtung der ersten (%1 s): Das täte auch ein Abbruch.</translation>
        </message>
        <message>
            <source>after %1 ms</source>
            <translation>nach %1 ms</translation>
        </message>
        <message>
            <source>The exposure went on for %1 s after the abort.</source>
            <translation>Die Belichtung lief nach dem Abbruch noch %1 s weiter.</translation>
        </message>
        <message>
            <source>The beam is '%1' after an abort.</source>
            <translation>Der Strahl ist nach einem Abbruch „%1“.</translation>
        </message>
        <message>
            <source>answered after %1 ms</source>
            <translation>nach %1 ms beantwortet</translation>
        </message>
        <message>
            <source>The beam is not on after 'beam.blank' with false.</source>
            <translation>Der Strahl ist nach „beam.blank“ mit false nicht an.</translation>
        </message>
        <message>
            <source>after %1 s of a lease of 0.5 s</source>
            <translation>nach %1 s einer Belegung von 0.5 s</translation>
        </message>
        <message>
            <source>2 s after a lease of 0.5 s the beam is '%1' and the lease still held.</source>
            <translation>2 s nach einer Belegung von 0.5 s ist der Strahl „%1“ und die Belegung noch vergeben.</translation>
        </message>
        <message>
            <source>The beam is '%1' 2 s after the connection was lost.</source>
            <translation>Der Strahl ist 2 s nach dem Verlust der Verbindung „%1“.</translation>
        </message>
        <message>
            <source>%1 holds no certificate in PEM form.</source>
            <translation>%1 enthält kein Zertifikat im PEM-Format.</translation>
        </message>
        <message>
            <source>%1 holds no private key (RSA or EC, PEM, without a passphrase).</source>
            <translation>%1 enthält keinen privaten Schlüssel (RSA oder EC, PEM, ohne Passphrase).</translation>
        </message>
        <message>
            <source>'%1' is no address to listen on: give one such as 127.0.0.1.</source>
            <translation>„%1“ ist keine Adresse, auf der gelauscht werden kann: eine wie 127.0.0.1 angeben.</translation>
        </message>
        <message>
            <source>A certificate and its key go together: give both files.</source>
            <translation>Ein Zertifikat und sein Schlüssel gehören zusammen: beide Dateien angeben.</translation>
        </message>
        <message>
            <source>Others could reach the instrument at %1: that needs a token and a certificate with its key.</source>
            <translation>Andere könnten das Gerät unter %1 erreichen: Das erfordert ein Token und ein Zertifikat mit Schlüssel.</translation>
        </message>
        <message>
            <source>Cannot listen on %1, port %2: %3.</source>
            <translation>Auf %1, Port %2 kann nicht gelauscht werden: %3.</translation>
        </message>
        <message>
            <source>The instrument is leased to '%1' for another %2 s.</source>
            <translation>Das Gerät ist noch %2 s von „%1“ belegt.</translation>
        </message>
        <message>
            <source>The instrument was aborted: a person has to allow it again.</source>
            <translation>Das Gerät wurde abgebrochen: Eine Person muss es wieder zulassen.</translation>
        </message>
        <message>
            <source>Nothing moves without a lease: ask for one with lease.acquire.</source>
            <translation>Ohne Belegung bewegt sich nichts: eine mit lease.acquire anfordern.</translation>
        </message>
        <message>
            <source>The lease does not hold any more: ask for another one.</source>
            <translation>Die Belegung gilt nicht mehr: eine neue anfordern.</translation>
        </message>
        <message>
            <source>A message is nested deeper than %1 levels.</source>
            <translation>Eine Nachricht ist tiefer als %1 Ebenen verschachtelt.</translation>
        </message>
        <message>
            <source>A message is no JSON: %1 at byte %2.</source>
            <translation>Eine Nachricht ist kein JSON: %1 bei Byte %2.</translation>
        </message>
        <message>
            <source>A message is no JSON object; batches are not spoken here.</source>
            <translation>Eine Nachricht ist kein JSON-Objekt; Sammelaufrufe (batch) werden hier nicht unterstützt.</translation>
        </message>
        <message>
            <source>A message does not say that it is JSON-RPC 2.0.</source>
            <translation>Eine Nachricht weist sich nicht als JSON-RPC 2.0 aus.</translation>
        </message>
        <message>
            <source>The method of a message is no text.</source>
            <translation>Die Methode einer Nachricht ist kein Text.</translation>
        </message>
        <message>
            <source>The params of '%1' are no object: parameters go by name here.</source>
            <translation>Die params von „%1“ sind kein Objekt: Parameter werden hier mit Namen übergeben.</translation>
        </message>
        <message>
            <source>The id of a request is neither a number nor a text.</source>
            <translation>Die id einer Anfrage ist weder eine Zahl noch ein Text.</translation>
        </message>
        <message>
            <source>An answer has no id, or its result is no object.</source>
            <translation>Eine Antwort hat keine id, oder ihr result ist kein Objekt.</translation>
        </message>
        <message>
            <source>A message of the instrument is longer than the %1 bytes allowed here.</source>
            <translation>Eine Nachricht des Geräts ist länger als die hier erlaubten %1 Bytes.</translation>
        </message>
        <message>
            <source>The other side does not speak netstrings: a length and a colon were expected. Is this the right port?</source>
            <translation>Die andere Seite spricht keine Netstrings: Erwartet wurden eine Länge und ein Doppelpunkt. Ist das der richtige Port?</translation>
        </message>
        <message>
            <source>A message of the instrument does not end where its length says.</source>
            <translation>Eine Nachricht des Geräts endet nicht dort, wo ihre Länge es sagt.</translation>
        </message>
        <message>
            <source>%1 does not say what grid of pixels it can measure.</source>
            <translation>%1 sagt nicht, welches Pixelraster gemessen werden kann.</translation>
        </message>
        <message>
            <source>Another instrument answers at %1 now, or its field or spectrometer was changed: the run cannot go on.</source>
            <translation>Unter %1 antwortet jetzt ein anderes Gerät, oder dessen Bildfeld oder Spektrometer wurde geändert: Der Lauf kann nicht weitergehen.</translation>
        </message>
        <message>
            <source>%1 gave a lease without its number.</source>
            <translation>%1 hat eine Belegung ohne Nummer vergeben.</translation>
        </message>
        <message>
            <source>Several points at once</source>
            <translation>Mehrere Punkte auf einmal</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>none set</source>
            <translation>keine gesetzt</translation>
        </message>
        <message>
            <source>Limit of dose</source>
            <translation>Dosisgrenze</translation>
        </message>
        <message>
            <source>Limit of exposures</source>
            <translation>Belichtungsgrenze</translation>
        </message>
        <message>
            <source>Limit of current</source>
            <translation>Stromgrenze</translation>
        </message>
        <message>
            <source>%1 answered another measurement than was asked for.</source>
            <translation>%1 hat eine andere Messung beantwortet als die verlangte.</translation>
        </message>
        <message>
            <source>%1 sent no value.</source>
            <translation>%1 hat keinen Wert gesendet.</translation>
        </message>
        <message>
            <source>%1 does not say where its stage is.</source>
            <translation>%1 sagt nicht, wo sein Tisch steht.</translation>
        </message>
        <message>
            <source>Say hello first.</source>
            <translation>Zuerst hello senden.</translation>
        </message>
        <message>
            <source>'%1' needs an id.</source>
            <translation>„%1“ braucht eine id.</translation>
        </message>
        <message>
            <source>%1 has no method '%2'.</source>
            <translation>%1 hat keine Methode „%2“.</translation>
        </message>
        <message>
            <source>The token is not the one this instrument asks for.</source>
            <translation>Das Token ist nicht das, welches dieses Gerät verlangt.</translation>
        </message>
        <message>
            <source>This instrument asks for a token.</source>
            <translation>Dieses Gerät verlangt ein Token.</translation>
        </message>
        <message>
            <source>There is no version %1 of the protocol.</source>
            <translation>Eine Version %1 des Protokolls gibt es nicht.</translation>
        </message>
        <message>
            <source>A lease needs the name of its 'owner'.</source>
            <translation>Eine Belegung braucht den Namen ihres „owner“.</translation>
        </message>
        <message>
            <source>There is no method '%1'.</source>
            <translation>Eine Methode „%1“ gibt es nicht.</translation>
        </message>
        <message>
            <source>y_frac and x_frac go from 0 to below 1, not %1 and %2.</source>
            <translation>y_frac und x_frac reichen von 0 bis unter 1, nicht %1 und %2.</translation>
        </message>
        <message>
            <source>'blanked' is true or false.</source>
            <translation>„blanked“ ist true oder false.</translation>
        </message>
        <message>
            <source>The stage moves: the beam stays blanked.</source>
            <translation>Der Tisch bewegt sich: Der Strahl bleibt ausgetastet.</translation>
        </message>
        <message>
            <source>%1 cannot change '%2'.</source>
            <translation>%1 kann „%2“ nicht ändern.</translation>
        </message>
        <message>
            <source>The instrument is busy with another exposure.</source>
            <translation>Das Gerät ist mit einer anderen Belichtung beschäftigt.</translation>
        </message>
        <message>
            <source>'points' is a list of 1 to %1 pairs [y_frac, x_frac].</source>
            <translation>„points“ ist eine Liste von 1 bis %1 Paaren [y_frac, x_frac].</translation>
        </message>
        <message>
            <source>'stage.move' names where to: x_m, y_m, z_m, alpha_deg or beta_deg.</source>
            <translation>„stage.move“ nennt, wohin: x_m, y_m, z_m, alpha_deg oder beta_deg.</translation>
        </message>
        <message>
            <source>%1 may not make more than %2 exposures per second.</source>
            <translation>%1 darf nicht mehr als %2 Belichtungen pro Sekunde machen.</translation>
        </message>
        <message>
            <source>The move of the stage was cut short.</source>
            <translation>Die Bewegung des Tisches wurde abgebrochen.</translation>
        </message>
        <message>
            <source>The exposure was aborted: a person has to allow the instrument again.</source>
            <translation>Die Belichtung wurde abgebrochen: Eine Person muss das Gerät wieder zulassen.</translation>
        </message>
        <message>
            <source>The exposure was cut short: the lease or its connection ended.</source>
            <translation>Die Belichtung wurde abgeschnitten: Die Belegung oder ihre Verbindung endete.</translation>
        </message>
        <message>
            <source>Aborted.</source>
            <translation>Abgebrochen.</translation>
        </message>
        <message>
            <source>The connection was closed.</source>
            <translation>Die Verbindung wurde geschlossen.</translation>
        </message>
        <message>
            <source>The connection to %1 is lost: %2.</source>
            <translation>Die Verbindung zu %1 ist verloren: %2.</translation>
        </message>
        <message>
            <source>There is no connection to %1.</source>
            <translation>Es besteht keine Verbindung zu %1.</translation>
        </message>
        <message>
            <source>%1 answered a question that was not asked.</source>
            <translation>%1 hat auf eine Frage geantwortet, die nicht gestellt wurde.</translation>
        </message>
        <message>
            <source>%1 is on another machine: its connection has to be encrypted (tls://).</source>
            <translation>%1 ist auf einem anderen Rechner: Die Verbindung muss verschlüsselt sein (tls://).</translation>
        </message>
        <message>
            <source>%1 speaks no version of the protocol that is known here (%2).</source>
            <translation>%1 spricht keine hier bekannte Version des Protokolls (%2).</translation>
        </message>
        <message>
            <source>The recording cannot be replayed with shot noise: at row %1, column %2 it does not hold whole counts. Replay it without shot noise, or open it as it was recorded, neither binned nor scaled.</source>
            <translation>Die Aufzeichnung kann nicht mit Schrotrauschen wiedergegeben werden: In Zeile %1, Spalte %2 enthält sie keine ganzen Zählimpulse. Ohne Schrotrauschen wiedergeben oder so öffnen, wie sie aufgezeichnet wurde, weder zusammengefasst (Binning) noch skaliert.</translation>
        </message>
        <message>
            <source>The recording '%1' cannot be replayed: it has neither spectra nor values, only an image. Name the file that holds them.</source>
            <translation>Die Aufzeichnung „%1“ kann nicht wiedergegeben werden: Sie hat weder Spektren noch Werte, nur ein Bild. Die Datei angeben, die sie enthält.</translation>
        </message>
        <message>
            <source>The recording '%1' cannot be replayed: its spectra or values do not cover the image's %2 × %3 pixels.</source>
            <translation>Die Aufzeichnung „%1“ kann nicht wiedergegeben werden: Ihre Spektren oder Werte decken die %2 × %3 Pixel des Bilds nicht ab.</translation>
        </message>
        <message>
            <source>The recording '%1' cannot be replayed: its dwell must be above 0 s, not %2 s.</source>
            <translation>Die Aufzeichnung „%1“ kann nicht wiedergegeben werden: Ihre Verweilzeit muss über 0 s liegen, nicht bei %2 s.</translation>
        </message>
        <message>
            <source>The recording '%1' cannot be replayed: the beam current must not be %2 pA.</source>
            <translation>Die Aufzeichnung „%1“ kann nicht wiedergegeben werden: Der Strahlstrom darf nicht %2 pA sein.</translation>
        </message>
        <message>
            <source>The recording '%1' cannot be replayed with shot noise: it holds values, not counts. Replay it without shot noise.</source>
            <translation>Die Aufzeichnung „%1“ kann nicht mit Schrotrauschen wiedergegeben werden: Sie enthält Werte, keine Zählimpulse. Ohne Schrotrauschen wiedergeben.</translation>
        </message>
        <message>
            <source>Replay of a recording</source>
            <translation>Wiedergabe einer Aufzeichnung</translation>
        </message>
        <message>
            <source>The replay was aborted: resume it before the next image.</source>
            <translation>Die Wiedergabe wurde abgebrochen: vor dem nächsten Bild fortsetzen.</translation>
        </message>
        <message>
            <source>The replay was aborted: resume it before the next measurement.</source>
            <translation>Die Wiedergabe wurde abgebrochen: vor der nächsten Messung fortsetzen.</translation>
        </message>
        <message>
            <source>Simulated microscope</source>
            <translation>Simuliertes Mikroskop</translation>
        </message>
        <message>
            <source>The simulated microscope was aborted: resume it before the next image.</source>
            <translation>Das simulierte Mikroskop wurde abgebrochen: vor dem nächsten Bild fortsetzen.</translation>
        </message>
        <message>
            <source>The simulated microscope was aborted: resume it before the next measurement.</source>
            <translation>Das simulierte Mikroskop wurde abgebrochen: vor der nächsten Messung fortsetzen.</translation>
        </message>
        <message>
            <source>The simulated microscope was aborted: resume it before the next move.</source>
            <translation>Das simulierte Mikroskop wurde abgebrochen: Setzen Sie es vor der nächsten Bewegung fort.</translation>
        </message>
        <message>
            <source>%1 is not told where its stage should go.</source>
            <translation>%1 wird nicht gesagt, wohin sein Tisch soll.</translation>
        </message>
        <message>
            <source>The stage of %1 cannot be moved along %2.</source>
            <translation>Der Tisch von %1 lässt sich nicht längs %2 bewegen.</translation>
        </message>
        <message>
            <source>The stage of %1 may not go to %2 = %3: it goes from %4 to %5.</source>
            <translation>Der Tisch von %1 darf nicht nach %2 = %3: Er geht von %4 bis %5.</translation>
        </message>
        <message>
            <source>'%1' is no number.</source>
            <translation>„%1“ ist keine Zahl.</translation>
        </message>
        <message>
            <source>%1 tells a place or limits of its stage along %2 that cannot be.</source>
            <translation>%1 nennt eine Stellung oder Grenzen seines Tisches längs %2, die nicht sein können.</translation>
        </message>
        <message>
            <source>… and %1 more: %2.</source>
            <translation>… und %1 weitere: %2.</translation>
        </message>
        <message>
            <source>integers beyond 32 bits</source>
            <translation>ganze Zahlen über 32 Bit</translation>
        </message>
        <message>
            <source>Property %1 of %2 is %3: a CMF server keeps 32 bits and loses it.</source>
            <translation>Eigenschaft %1 von %2 ist %3: Ein CMF-Server behält 32 Bit und verliert sie.</translation>
        </message>
        <message>
            <source>numbers that are not finite</source>
            <translation>Zahlen, die nicht endlich sind</translation>
        </message>
        <message>
            <source>Property %1 of %2 is not finite: a CMF server loses %2.</source>
            <translation>Eigenschaft %1 von %2 ist nicht endlich: Ein CMF-Server verliert %2.</translation>
        </message>
        <message>
            <source>numbers that a server rounds</source>
            <translation>Zahlen, die ein Server rundet</translation>
        </message>
        <message>
            <source>Property %1 of %2 is %3: a CMF server rounds it to %4.</source>
            <translation>Eigenschaft %1 von %2 ist %3: Ein CMF-Server rundet sie auf %4.</translation>
        </message>
        <message>
            <source>texts too long for a server's index</source>
            <translation>Texte, die für den Index eines Servers zu lang sind</translation>
        </message>
        <message>
            <source>Property %1 of %2 holds %3 bytes that hardly compress: a CMF server loses %2.</source>
            <translation>Eigenschaft %1 von %2 enthält %3 Bytes, die sich kaum komprimieren lassen: Ein CMF-Server verliert %2.</translation>
        </message>
        <message>
            <source>truth values</source>
            <translation>Wahrheitswerte</translation>
        </message>
        <message>
            <source>Property %1 of %2 is a truth value: CMF writes it as 0.0.</source>
            <translation>Eigenschaft %1 von %2 ist ein Wahrheitswert: CMF schreibt sie als 0.0.</translation>
        </message>
        <message>
            <source>properties without a value</source>
            <translation>Eigenschaften ohne Wert</translation>
        </message>
        <message>
            <source>Property %1 has no value: ML-Metadata cannot read %2 at all.</source>
            <translation>Eigenschaft %1 hat keinen Wert: ML-Metadata kann %2 überhaupt nicht lesen.</translation>
        </message>
        <message>
            <source>binary values</source>
            <translation>Binärwerte</translation>
        </message>
        <message>
            <source>Property %1 of %2 is binary: CMF writes it as 0.0.</source>
            <translation>Eigenschaft %1 von %2 ist binär: CMF schreibt sie als 0.0.</translation>
        </message>
        <message>
            <source>properties with several values</source>
            <translation>Eigenschaften mit mehreren Werten</translation>
        </message>
        <message>
            <source>Property %1 of %2 has several values.</source>
            <translation>Eigenschaft %1 von %2 hat mehrere Werte.</translation>
        </message>
        <message>
            <source>names that are too long</source>
            <translation>zu lange Namen</translation>
        </message>
        <message>
            <source>The name of %1 has %2 characters: a CMF server keeps %3 and loses %1.</source>
            <translation>Der Name von %1 hat %2 Zeichen: Ein CMF-Server behält %3 und verliert %1.</translation>
        </message>
        <message>
            <source>artifacts of types CMF does not know</source>
            <translation>Artefakte von Typen, die CMF nicht kennt</translation>
        </message>
        <message>
            <source>%1 is of type %2, which CMF does not know: its server leaves it out.</source>
            <translation>%1 ist vom Typ %2, den CMF nicht kennt: Dessen Server lässt es aus.</translation>
        </message>
        <message>
            <source>colons in paths</source>
            <translation>Doppelpunkte in Pfaden</translation>
        </message>
        <message>
            <source>The path of %1 holds a colon, "%2": its name breaks when it is pushed.</source>
            <translation>Der Pfad von %1 enthält einen Doppelpunkt, „%2“: Der Name zerbricht beim Hochladen.</translation>
        </message>
        <message>
            <source>executions without a uuid</source>
            <translation>Ausführungen ohne UUID</translation>
        </message>
        <message>
            <source>%1 has no Execution_uuid: a CMF server refuses to take it.</source>
            <translation>%1 hat keine Execution_uuid: Ein CMF-Server nimmt es nicht an.</translation>
        </message>
        <message>
            <source>The store has schema %1; ML-Metadata of today opens only %2.</source>
            <translation>Der Speicher hat Schema %1; das heutige ML-Metadata öffnet nur %2.</translation>
        </message>
        <message>
            <source>missing types</source>
            <translation>fehlende Typen</translation>
        </message>
        <message>
            <source>%1 is of type %2, which the store does not have.</source>
            <translation>%1 ist vom Typ %2, den der Speicher nicht hat.</translation>
        </message>
        <message>
            <source>properties of nothing</source>
            <translation>Eigenschaften von nichts</translation>
        </message>
        <message>
            <source>Property %1 belongs to %2, which the store does not have.</source>
            <translation>Eigenschaft %1 gehört zu %2, was der Speicher nicht hat.</translation>
        </message>
        <message>
            <source>undeclared properties</source>
            <translation>nicht deklarierte Eigenschaften</translation>
        </message>
        <message>
            <source>Property %1 of %2 is not declared by its type: ML-Metadata refuses to write %2 again.</source>
            <translation>Eigenschaft %1 von %2 ist von seinem Typ nicht deklariert: ML-Metadata weigert sich, %2 erneut zu schreiben.</translation>
        </message>
        <message>
            <source>rows that point nowhere</source>
            <translation>Zeilen, die ins Leere zeigen</translation>
        </message>
        <message>
            <source>%1 %2 names %3 %4, which the store does not have.</source>
            <translation>%1 %2 nennt %3 %4, was der Speicher nicht hat.</translation>
        </message>
        <message>
            <source>events of unknown types</source>
            <translation>Ereignisse unbekannten Typs</translation>
        </message>
        <message>
            <source>Event %1 is of type %2: neither an input nor an output.</source>
            <translation>Ereignis %1 ist vom Typ %2: weder Eingabe noch Ausgabe.</translation>
        </message>
        <message>
            <source>executions in no stage</source>
            <translation>Ausführungen in keiner Stufe</translation>
        </message>
        <message>
            <source>execution:%1 is in no stage: CMF does not export it.</source>
            <translation>execution:%1 ist in keiner Stufe: CMF exportiert sie nicht.</translation>
        </message>
        <message>
            <source>%1 has over %2 properties; the first are shown.</source>
            <translation>%1 hat mehr als %2 Eigenschaften; die ersten werden gezeigt.</translation>
        </message>
        <message>
            <source>Property %1 of %2 is null, which stops a CMF server.</source>
            <translation>Eigenschaft %1 von %2 ist null, was einen CMF-Server anhält.</translation>
        </message>
        <message>
            <source>%1 is no lineage of CMF: it has no list "Pipeline".</source>
            <translation>%1 ist keine Herkunft von CMF: Die Liste „Pipeline“ fehlt.</translation>
        </message>
        <message>
            <source>%1 is larger than %2 MB, too large for a lineage of CMF.</source>
            <translation>%1 ist größer als %2 MB, zu groß für eine Herkunft von CMF.</translation>
        </message>
        <message>
            <source>An event of stage %1 has no artifact; it is left out.</source>
            <translation>Ein Ereignis der Stufe %1 hat kein Artefakt; es wird ausgelassen.</translation>
        </message>
        <message>
            <source>The search ends too soon, at position %1: %2 is expected.</source>
            <translation>Die Suche endet an Position %1 zu früh; erwartet: %2.</translation>
        </message>
        <message>
            <source>The search has “%1” at position %2 where %3 is expected.</source>
            <translation>Die Suche hat „%1“ an Position %2; erwartet: %3.</translation>
        </message>
        <message>
            <source>The search is longer than %1 characters; shorten it.</source>
            <translation>Die Suche ist länger als %1 Zeichen; sie kürzen.</translation>
        </message>
        <message>
            <source>The quote that begins at position %1 has no end.</source>
            <translation>Das Anführungszeichen an Position %1 wird nicht geschlossen.</translation>
        </message>
        <message>
            <source>The search has “!” at position %1: != and !~ are operators, not is “not”.</source>
            <translation>Die Suche hat „!“ an Position %1: != und !~ sind Operatoren, für die Verneinung steht „not“.</translation>
        </message>
        <message>
            <source>“and”, “or” or the end</source>
            <translation>„and“, „or“ oder das Ende</translation>
        </message>
        <message>
            <source>no more than %1 parentheses in each other</source>
            <translation>höchstens %1 ineinander geschachtelte Klammern</translation>
        </message>
        <message>
            <source>a closing parenthesis</source>
            <translation>eine schließende Klammer</translation>
        </message>
        <message>
            <source>a word, a comparison or an opening parenthesis</source>
            <translation>ein Wort, ein Vergleich oder eine öffnende Klammer</translation>
        </message>
        <message>
            <source>a value to compare with</source>
            <translation>ein Wert zum Vergleichen</translation>
        </message>
        <message>
            <source>a date like 2023-10-01 after = &lt; or &gt;</source>
            <translation>ein Datum wie 2023-10-01 nach = &lt; oder &gt;</translation>
        </message>
        <message>
            <source>A pipeline in %1 has no name.</source>
            <translation>Eine Pipeline in %1 hat keinen Namen.</translation>
        </message>
        <message>
            <source>%1 is not valid JSON at byte %2.</source>
            <translation>%1 ist bei Byte %2 kein gültiges JSON.</translation>
        </message>
        <message>
            <source>%1 is nested deeper than %2 levels.</source>
            <translation>%1 ist tiefer als %2 Ebenen verschachtelt.</translation>
        </message>
        <message>
            <source>Lineage of %1 (executions: %2, artifacts: %3)</source>
            <comment>stores, counts</comment>
            <translation>Herkunft von %1 (Ausführungen: %2, Artefakte: %3)</translation>
        </message>
        <message>
            <source>no store</source>
            <translation>kein Speicher</translation>
        </message>
        <message>
            <source>other</source>
            <translation>sonstige</translation>
        </message>
        <message>
            <source>a group</source>
            <translation>eine Gruppe</translation>
        </message>
        <message>
            <source>execution</source>
            <translation>Ausführung</translation>
        </message>
        <message>
            <source>artifact</source>
            <translation>Artefakt</translation>
        </message>
        <message>
            <source>%1 × %2</source>
            <comment>count, what</comment>
            <translation>%1 × %2</translation>
        </message>
        <message>
            <source>Stopped; nothing was written.</source>
            <translation>Angehalten; nichts wurde geschrieben.</translation>
        </message>
        <message>
            <source>%1 exists already: choose another name.</source>
            <translation>%1 gibt es bereits: anderen Namen wählen.</translation>
        </message>
        <message>
            <source>Cannot write to the folder of %1: %2.</source>
            <translation>In den Ordner von %1 kann nicht geschrieben werden: %2.</translation>
        </message>
        <message>
            <source>Stopped; %1 was not written.</source>
            <translation>Angehalten; %1 wurde nicht geschrieben.</translation>
        </message>
        <message>
            <source>Cannot write %1.</source>
            <translation>%1 kann nicht geschrieben werden.</translation>
        </message>
        <message>
            <source>Cannot copy %1 to read it: %2.</source>
            <translation>%1 kann nicht zum Lesen kopiert werden: %2.</translation>
        </message>
        <message>
            <source>%1 is in use by another program: wait until that is done, then try again.</source>
            <translation>%1 wird von einem anderen Programm benutzt: warten, bis es fertig ist, dann erneut versuchen.</translation>
        </message>
        <message>
            <source>%1 is in use by another program (%2): wait until that is done, then try again.</source>
            <translation>%1 wird von einem anderen Programm benutzt (%2): warten, bis es fertig ist, dann erneut versuchen.</translation>
        </message>
        <message>
            <source>The store cannot be read: %1.</source>
            <translation>Der Speicher kann nicht gelesen werden: %1.</translation>
        </message>
        <message>
            <source>The store cannot be used: %1.</source>
            <translation>Der Speicher kann nicht verwendet werden: %1.</translation>
        </message>
        <message>
            <source>The store cannot be read on: %1.</source>
            <translation>Der Speicher kann nicht weiter gelesen werden: %1.</translation>
        </message>
        <message>
            <source>Cannot open %1: %2.</source>
            <translation>%1 kann nicht geöffnet werden: %2.</translation>
        </message>
        <message>
            <source>Cannot make a folder for a copy of %1: %2.</source>
            <translation>Für eine Kopie von %1 kann kein Ordner angelegt werden: %2.</translation>
        </message>
        <message>
            <source>%1 is an SQLite file but no ML-Metadata store: it has neither artifacts nor executions.</source>
            <translation>%1 ist eine SQLite-Datei, aber kein Speicher von ML-Metadata: Sie hat weder Artefakte noch Ausführungen.</translation>
        </message>
        <message>
            <source>%1 has schema %2 of ML-Metadata, which is newer than %3: a newer Helmscope is needed.</source>
            <translation>%1 hat Schema %2 von ML-Metadata, das neuer ist als %3: Ein neueres Helmscope ist nötig.</translation>
        </message>
        <message>
            <source>%1 has schema %2 of ML-Metadata; the oldest that is read is %3. Let MLMD 1.0 or newer upgrade a copy of it.</source>
            <translation>%1 hat Schema %2 von ML-Metadata; das älteste lesbare ist %3. Eine Kopie davon mit MLMD 1.0 oder neuer aktualisieren.</translation>
        </message>
        <message>
            <source>The store does not say its schema; it is read as far as it goes.</source>
            <translation>Der Speicher nennt sein Schema nicht; er wird gelesen, so weit es geht.</translation>
        </message>
        <message>
            <source>Tables are missing, and taken as empty: %1.</source>
            <translation>Tabellen fehlen und gelten als leer: %1.</translation>
        </message>
        <message>
            <source>%1 is a folder; name the store in it (CMF calls it mlmd).</source>
            <translation>%1 ist ein Ordner; den Speicher darin angeben (bei CMF heißt er mlmd).</translation>
        </message>
        <message>
            <source>Cannot make %1: %2.</source>
            <translation>%1 kann nicht angelegt werden: %2.</translation>
        </message>
        <message>
            <source>%1 is no lineage store: it is not an SQLite file.</source>
            <translation>%1 ist kein Herkunftsspeicher: Es ist keine SQLite-Datei.</translation>
        </message>
        <message>
            <source>%1 keeps a write-ahead log; it is read from a copy, so that nothing is left beside it.</source>
            <translation>%1 führt ein Write-Ahead-Log; gelesen wird eine Kopie, damit nichts daneben zurückbleibt.</translation>
        </message>
        <message>
            <source>A program that wrote %1 was ended amid its work (%2 is left); what it had not finished is taken back, in a copy that is read instead.</source>
            <translation>Ein Programm, das %1 schrieb, endete mitten in der Arbeit (%2 ist übrig); was es nicht abgeschlossen hatte, wird zurückgenommen, und zwar in einer Kopie, die stattdessen gelesen wird.</translation>
        </message>
        <message>
            <source>%1 has schema %2 of ML-Metadata and can be read only; schema %3 is written.</source>
            <translation>%1 hat Schema %2 von ML-Metadata und ist nur lesbar; geschrieben wird Schema %3.</translation>
        </message>
        <message>
            <source>… and %1 more events like these.</source>
            <translation>… und %1 weitere Ereignisse dieser Art.</translation>
        </message>
        <message>
            <source>%1 %2 has over %3 properties; the first are shown.</source>
            <translation>%1 %2 hat mehr als %3 Eigenschaften; die ersten werden gezeigt.</translation>
        </message>
        <message>
            <source>Property %1 of %2 %3 has no value: ML-Metadata itself cannot read that %2.</source>
            <translation>Eigenschaft %1 von %2 %3 hat keinen Wert: ML-Metadata selbst kann so etwas nicht lesen (%2).</translation>
        </message>
        <message>
            <source>Property %1 of %2 %3 is longer than %4 characters; it is cut.</source>
            <translation>Eigenschaft %1 von %2 %3 ist länger als %4 Zeichen; sie wird gekürzt.</translation>
        </message>
        <message>
            <source>Event %1 names %2 %3, which the store does not have.</source>
            <translation>Ereignis %1 nennt %2 %3, was der Speicher nicht hat.</translation>
        </message>
        <message>
            <source>%1 %2 is of type %3, which the store does not have.</source>
            <translation>%1 %2 ist vom Typ %3, den der Speicher nicht hat.</translation>
        </message>
        <message>
            <source>Event %1 is neither an input nor an output (type %2); it is left out.</source>
            <translation>Ereignis %1 ist weder Eingabe noch Ausgabe (Typ %2); es wird ausgelassen.</translation>
        </message>
        <message>
            <source>Only the %1 nearest nodes are shown.</source>
            <translation>Nur die %1 nächsten Knoten werden gezeigt.</translation>
        </message>
        <message>
            <source>The store has no %1 %2, though it is named.</source>
            <translation>Im Speicher fehlt %1 %2, obwohl darauf verwiesen wird.</translation>
        </message>
        <message>
            <source>process %1</source>
            <translation>Prozess %1</translation>
        </message>
        <message>
            <source>%1, process %2</source>
            <comment>program, number</comment>
            <translation>%1, Prozess %2</translation>
        </message>
        <message>
            <source>The name of %1 is longer than %2 characters, which CMF's server cannot keep: %3…</source>
            <translation>Der Name %1 ist länger als %2 Zeichen, was der Server von CMF nicht behalten kann: %3…</translation>
        </message>
        <message>
            <source>%1 lacks the table %2: nothing can be written to it. Merge it into a new store instead.</source>
            <translation>In %1 fehlt die Tabelle %2: Dort kann nichts geschrieben werden. Stattdessen in einem neuen Speicher zusammenführen.</translation>
        </message>
        <message>
            <source>a type</source>
            <translation>eines Typs</translation>
        </message>
        <message>
            <source>A property of %1 %2 has no name.</source>
            <translation>Eine Eigenschaft von %1 %2 hat keinen Namen.</translation>
        </message>
        <message>
            <source>a property</source>
            <translation>einer Eigenschaft</translation>
        </message>
        <message>
            <source>A pipeline or stage needs a name.</source>
            <translation>Eine Pipeline oder Stufe braucht einen Namen.</translation>
        </message>
        <message>
            <source>a context</source>
            <translation>eines Kontexts</translation>
        </message>
        <message>
            <source>An event needs an artifact and an execution that the store has (%1, %2).</source>
            <translation>Ein Ereignis braucht ein Artefakt und eine Ausführung, die der Speicher hat (%1, %2).</translation>
        </message>
        <message>
            <source>"%1" is already the name of something else (%2) in this store: choose another.</source>
            <translation>„%1“ ist in diesem Speicher bereits der Name von etwas anderem (%2): einen anderen wählen.</translation>
        </message>
        <message>
            <source>A stage of pipeline "%1" needs a name.</source>
            <translation>Eine Stufe der Pipeline „%1“ braucht einen Namen.</translation>
        </message>
        <message>
            <source>CMF knows no artifacts of type "%1"; it knows %2.</source>
            <translation>CMF kennt keine Artefakte vom Typ „%1“; bekannt sind %2.</translation>
        </message>
        <message>
            <source>"%1" cannot be the path of an artifact: it must not be empty, and CMF takes a colon for the end of it.</source>
            <translation>„%1“ kann nicht der Pfad eines Artefakts sein: Er darf nicht leer sein, und CMF hält einen Doppelpunkt für sein Ende.</translation>
        </message>
        <message>
            <source>Artifact "%1" needs the hash of its content.</source>
            <translation>Artefakt „%1“ braucht den Hash seines Inhalts.</translation>
        </message>
        <message>
            <source>The store has no execution %1 in a stage.</source>
            <translation>Der Speicher hat keine Ausführung %1 in einer Stufe.</translation>
        </message>
        <message>
            <source>%1 was learnt on patches of %2 × %2 pixels and cannot be used on patches of %3 × %3; choose the same patch size.</source>
            <translation>%1 wurde auf Ausschnitten von %2 × %2 Pixeln gelernt und ist auf Ausschnitte von %3 × %3 nicht anwendbar; dieselbe Ausschnittgröße wählen.</translation>
        </message>
        <message>
            <source>The plan begins from the meta-model %1, and there is no file %2: name where it is now.</source>
            <translation>Der Plan beginnt mit dem Metamodell %1, doch eine Datei %2 gibt es nicht: angeben, wo sie jetzt liegt.</translation>
        </message>
        <message>
            <source>%1 is another meta-model (%2) than the plan names (%3).</source>
            <translation>%1 ist ein anderes Metamodell (%2) als das im Plan genannte (%3).</translation>
        </message>
        <message>
            <source>There is no file or folder %1 to choose a meta-model from.</source>
            <translation>Es gibt keine Datei und keinen Ordner %1, um daraus ein Metamodell zu wählen.</translation>
        </message>
        <message>
            <source>There is no meta-model in %1 to choose from; helmscope-cli metatrain makes them.</source>
            <translation>In %1 ist kein Metamodell, das sich wählen ließe; helmscope-cli metatrain erzeugt welche.</translation>
        </message>
        <message>
            <source>%1 cannot be read: %2.</source>
            <translation>%1 kann nicht gelesen werden: %2.</translation>
        </message>
        <message>
            <source>The folder %1 cannot be made.</source>
            <translation>Der Ordner %1 kann nicht angelegt werden.</translation>
        </message>
        <message>
            <source>%1 exists already: choose another folder, or add --overwrite.</source>
            <translation>%1 gibt es bereits: anderen Ordner wählen oder --overwrite hinzufügen.</translation>
        </message>
        <message>
            <source>%1 is damaged: '%2' holds no JSON object.</source>
            <translation>%1 ist beschädigt: „%2“ enthält kein JSON-Objekt.</translation>
        </message>
        <message>
            <source>%1 is not a meta-training that was interrupted, or is cut short.</source>
            <translation>%1 ist kein unterbrochenes Metatraining oder ist unvollständig.</translation>
        </message>
        <message>
            <source>%1 was begun with other settings; resume with those, or begin anew.</source>
            <translation>%1 wurde mit anderen Einstellungen begonnen; mit diesen fortsetzen oder neu beginnen.</translation>
        </message>
        <message>
            <source>%1 was begun with other tasks; resume with those, or begin anew.</source>
            <translation>%1 wurde mit anderen Aufgaben begonnen; mit diesen fortsetzen oder neu beginnen.</translation>
        </message>
        <message>
            <source>Priors are not learnt by steps.</source>
            <translation>A-priori-Verteilungen werden nicht schrittweise gelernt.</translation>
        </message>
        <message>
            <source>The number of inner steps has not been chosen yet.</source>
            <translation>Die Anzahl der inneren Schritte ist noch nicht gewählt.</translation>
        </message>
        <message>
            <source>There is no task to learn on.</source>
            <translation>Es gibt keine Aufgabe zum Lernen.</translation>
        </message>
        <message>
            <source>The state of the training does not fit its settings.</source>
            <translation>Der Zustand des Trainings passt nicht zu seinen Einstellungen.</translation>
        </message>
        <message>
            <source>%1 has patches of %2 numbers, and patches of %3 × %3 pixels are learnt.</source>
            <translation>%1 hat Ausschnitte aus %2 Zahlen, gelernt werden aber Ausschnitte von %3 × %3 Pixeln.</translation>
        </message>
        <message>
            <source>There is no file %1.</source>
            <translation>Es gibt keine Datei %1.</translation>
        </message>
        <message>
            <source>%1 is not a meta-model of Helmscope, or is cut short; 'helmscope-cli metatrain' makes one.</source>
            <translation>%1 ist kein Metamodell von Helmscope oder ist unvollständig; „helmscope-cli metatrain“ erzeugt eines.</translation>
        </message>
        <message>
            <source>%1 was written by a newer version of Helmscope.</source>
            <translation>%1 wurde von einer neueren Version von Helmscope geschrieben.</translation>
        </message>
        <message>
            <source>%1 is damaged: %2</source>
            <translation>%1 ist beschädigt: %2</translation>
        </message>
        <message>
            <source>%1 is damaged: its contents do not have the hash that it says.</source>
            <translation>%1 ist beschädigt: Der Inhalt hat nicht den angegebenen Hash.</translation>
        </message>
        <message>
            <source>name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>hash</source>
            <translation>Hash</translation>
        </message>
        <message>
            <source>method</source>
            <translation>Methode</translation>
        </message>
        <message>
            <source>model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <source>patch</source>
            <translation>Ausschnitt</translation>
        </message>
        <message>
            <source>%1 × %1 pixels</source>
            <translation>%1 × %1 Pixel</translation>
        </message>
        <message>
            <source>tasks</source>
            <translation>Aufgaben</translation>
        </message>
        <message>
            <source>%1 learnt, %2 for validation: %3</source>
            <translation>%1 gelernt, %2 zur Validierung: %3</translation>
        </message>
        <message>
            <source>validation</source>
            <translation>Validierung</translation>
        </message>
        <message>
            <source>points   RMSE (cold)      NLPD (cold)</source>
            <translation>Punkte   RMSE (kalt)      NLPD (kalt)</translation>
        </message>
        <message>
            <source>limits</source>
            <translation>Grenzen</translation>
        </message>
        <message>
            <source>licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <source>There is no way to meta-train called '%1'; there are %2.</source>
            <translation>Ein Verfahren zum Metatraining namens „%1“ gibt es nicht; es gibt %2.</translation>
        </message>
        <message>
            <source>The method %1 is not for this model: priors are learnt for rings, everything else for a network.</source>
            <translation>Die Methode %1 ist nicht für dieses Modell: A-priori-Verteilungen werden für Ringe gelernt, alles andere für ein Netz.</translation>
        </message>
        <message>
            <source>Nothing carries over between models on principal components.</source>
            <translation>Zwischen Modellen auf Hauptkomponenten lässt sich nichts übertragen.</translation>
        </message>
        <message>
            <source>The patch must have 2 to 256 pixels a side.</source>
            <translation>Der Ausschnitt muss 2 bis 256 Pixel Seitenlänge haben.</translation>
        </message>
        <message>
            <source>There must be 1 to 1,000,000 iterations.</source>
            <translation>Es müssen 1 bis 1.000.000 Iterationen sein.</translation>
        </message>
        <message>
            <source>An iteration learns on 1 to 4,096 tasks.</source>
            <translation>Eine Iteration lernt aus 1 bis 4.096 Aufgaben.</translation>
        </message>
        <message>
            <source>There must be 0 to 10,000 inner steps.</source>
            <translation>Es müssen 0 bis 10.000 innere Schritte sein.</translation>
        </message>
        <message>
            <source>A step sees 4 to 2,000 points of a task.</source>
            <translation>Ein Schritt sieht 4 bis 2.000 Punkte einer Aufgabe.</translation>
        </message>
        <message>
            <source>The outer rates must lie between 0 and 1.</source>
            <translation>Die äußeren Lernraten müssen zwischen 0 und 1 liegen.</translation>
        </message>
        <message>
            <source>The momentum must lie between 0 and 1.</source>
            <translation>Das Momentum muss zwischen 0 und 1 liegen.</translation>
        </message>
        <message>
            <source>Augmentations must lie between 0 and 10.</source>
            <translation>Augmentierungen müssen zwischen 0 und 10 liegen.</translation>
        </message>
        <message>
            <source>%1: there is no method '%2'.</source>
            <translation>%1: Es gibt keine Methode „%2“.</translation>
        </message>
        <message>
            <source>%1: 'model' must be an object.</source>
            <translation>%1: „model“ muss ein Objekt sein.</translation>
        </message>
        <message>
            <source>%1: 'augmentation' must be an object.</source>
            <translation>%1: „augmentation“ muss ein Objekt sein.</translation>
        </message>
        <message>
            <source>Learnt on %1; patches of %2 × %2 pixels of survey images only, whatever their scale; other samples may be better off without it, which is found out on their first points.</source>
            <translation>Gelernt aus %1; nur für Ausschnitte von Übersichtsbildern mit %2 × %2 Pixeln, gleich welchen Maßstabs; bei anderen Proben ist es womöglich ohne besser, was sich an deren ersten Punkten zeigt.</translation>
        </message>
        <message>
            <source>Priors need at least three tasks that a model can learn; there are %1.</source>
            <translation>A-priori-Verteilungen brauchen mindestens drei Aufgaben, die ein Modell lernen kann; vorhanden: %1.</translation>
        </message>
        <message>
            <source>%1 inner steps, by validation</source>
            <translation>%1 innere Schritte, laut Validierung</translation>
        </message>
        <message>
            <source>goes on after iteration %1</source>
            <translation>wird nach Iteration %1 fortgesetzt</translation>
        </message>
        <message>
            <source>There are no simulated samples called '%1'; there are %2.</source>
            <translation>Simulierte Proben namens „%1“ gibt es nicht; es gibt %2.</translation>
        </message>
        <message>
            <source>simulated %1 %2</source>
            <translation>simuliert: %1 %2</translation>
        </message>
        <message>
            <source>set %1</source>
            <translation>Satz %1</translation>
        </message>
        <message>
            <source>%1: the task set '%2' needs tasks to learn on and tasks for validation.</source>
            <translation>%1: Der Aufgabensatz „%2“ braucht Aufgaben zum Lernen und Aufgaben zur Validierung.</translation>
        </message>
        <message>
            <source>%1 names no task sets.</source>
            <translation>%1 nennt keine Aufgabensätze.</translation>
        </message>
        <message>
            <source>%1 asks for more than %2 trainings.</source>
            <translation>%1 verlangt mehr als %2 Trainings.</translation>
        </message>
        <message>
            <source>%1: the grid has a field without values.</source>
            <translation>%1: Das Gitter hat ein Feld ohne Werte.</translation>
        </message>
        <message>
            <source>rung %1, %2 %3: RMSE %4, NLPD %5</source>
            <translation>Runde %1, %2 %3: RMSE %4, NLPD %5</translation>
        </message>
        <message>
            <source>%1 cannot be a task: only %2 of its pixels have a patch and a value; %3 are needed.</source>
            <translation>%1 kann keine Aufgabe sein: Nur %2 der Pixel haben einen Ausschnitt und einen Wert; %3 sind nötig.</translation>
        </message>
        <message>
            <source>%1 cannot be a task: its values have another grid than its image.</source>
            <translation>%1 kann keine Aufgabe sein: Die Werte haben ein anderes Raster als das Bild.</translation>
        </message>
        <message>
            <source>%1 cannot be a task: each patch needs one value, all of them finite.</source>
            <translation>%1 kann keine Aufgabe sein: Jeder Ausschnitt braucht genau einen Wert, und alle Werte müssen endlich sein.</translation>
        </message>
        <message>
            <source>'%1' must be simulated:FAMILY:COUNT or simulated:FAMILY:COUNT:SEED, such as simulated:all:100; families are %2.</source>
            <translation>„%1“ muss simulated:FAMILIE:ANZAHL oder simulated:FAMILIE:ANZAHL:STARTWERT lauten, etwa simulated:all:100; Familien sind %2.</translation>
        </message>
        <message>
            <source>%1 has spectra and needs a scalarizer to be a task.</source>
            <translation>%1 hat Spektren und braucht einen Skalarisierer, um eine Aufgabe zu sein.</translation>
        </message>
        <message>
            <source>%1 has neither spectra nor values and cannot be a task.</source>
            <translation>%1 hat weder Spektren noch Werte und kann keine Aufgabe sein.</translation>
        </message>
        <message>
            <source>%1 has no list 'tasks'.</source>
            <translation>%1 hat keine Liste „tasks“.</translation>
        </message>
        <message>
            <source>%1: task %2</source>
            <translation>%1: Aufgabe %2</translation>
        </message>
        <message>
            <source>%1 cannot be read, or is too large for a list of labels.</source>
            <translation>%1 kann nicht gelesen werden oder ist zu groß für eine Liste von Labels.</translation>
        </message>
        <message>
            <source>Line %2 of %1 must be an image file, a comma and its value.</source>
            <translation>Zeile %2 von %1 muss aus einer Bilddatei, einem Komma und deren Wert bestehen.</translation>
        </message>
        <message>
            <source>%1 has %2 × %3 pixels and is smaller than a patch of %4 × %4.</source>
            <translation>%1 hat %2 × %3 Pixel und ist kleiner als ein Ausschnitt von %4 × %4.</translation>
        </message>
        <message>
            <source>%1 is no task: it is neither a run, nor a list of tasks (.json) or of labelled images (.csv).</source>
            <translation>%1 ist keine Aufgabe: weder ein Lauf noch eine Liste von Aufgaben (.json) oder von Bildern mit Labels (.csv).</translation>
        </message>
        <message>
            <source>There is no task in %1: no run, no list of tasks (.json) or of labelled images (.csv).</source>
            <translation>In %1 gibt es keine Aufgabe: keinen Lauf, keine Liste von Aufgaben (.json) oder von Bildern mit Labels (.csv).</translation>
        </message>
        <message>
            <source>There is no task %1: it is neither a file or folder nor simulated:FAMILY:COUNT.</source>
            <translation>Es gibt keine Aufgabe %1: weder Datei noch Ordner noch simulated:FAMILIE:ANZAHL.</translation>
        </message>
        <message>
            <source>MPI could not be started.</source>
            <translation>MPI ließ sich nicht starten.</translation>
        </message>
        <message>
            <source>Another process of the training is gone.</source>
            <translation>Ein anderer Prozess des Trainings ist nicht mehr da.</translation>
        </message>
        <message>
            <source>Another process of the training failed.</source>
            <translation>Ein anderer Prozess des Trainings ist fehlgeschlagen.</translation>
        </message>
        <message>
            <source>The plan begins from the meta-model %1, which has not been read; name its file.</source>
            <translation>Der Plan beginnt mit dem Metamodell %1, das nicht gelesen wurde; nennen Sie seine Datei.</translation>
        </message>
        <message>
            <source>The meta-model %1 was learnt on patches of %2 numbers, and the plan's patches of %3 × %3 pixels have %4; choose the same patch size.</source>
            <translation>Das Metamodell %1 wurde an Ausschnitten von %2 Zahlen gelernt, und die Ausschnitte des Plans von %3 × %3 Pixeln haben %4; wählen Sie dieselbe Ausschnittgröße.</translation>
        </message>
        <message>
            <source>The plan asks for given first pixels but gives none.</source>
            <translation>Der Plan verlangt vorgegebene erste Pixel, gibt aber keine an.</translation>
        </message>
        <message>
            <source>The first pixel (%1, %2) of the plan cannot be measured: it lies outside the image, or its patch does.</source>
            <translation>Das erste Pixel (%1, %2) des Plans kann nicht gemessen werden: Es oder sein Ausschnitt liegt außerhalb des Bildes.</translation>
        </message>
        <message>
            <source>The plan gives the first pixel (%1, %2) twice.</source>
            <translation>Der Plan gibt das erste Pixel (%1, %2) zweimal an.</translation>
        </message>
        <message>
            <source>the plan</source>
            <translation>der Plan</translation>
        </message>
        <message>
            <source>The plan forbids pixels of a grid of %1 × %2, and %3 has %4 × %5.</source>
            <translation>Der Plan sperrt Pixel eines Gitters von %1 × %2, und %3 hat %4 × %5.</translation>
        </message>
        <message>
            <source>The plan prefers pixels of a grid of %1 × %2, and %3 has %4 × %5.</source>
            <translation>Der Plan bevorzugt Pixel eines Gitters von %1 × %2, und %3 hat %4 × %5.</translation>
        </message>
        <message>
            <source>%1 cannot be explored: its full scan has %2 × %3 pixels, its grid %4 × %5.</source>
            <translation>%1 kann nicht erkundet werden: Das volle Raster hat %2 × %3 Pixel, das Gitter %4 × %5.</translation>
        </message>
        <message>
            <source>%1 answered a spectrum of %2 channels at pixel %3; its energy axis has %4.</source>
            <translation>%1 lieferte ein Spektrum von %2 Kanälen an Pixel %3; seine Energieachse hat %4.</translation>
        </message>
        <message>
            <source>The patches of all %1 candidates are saturated, charged, blank or blurred: take a better survey image, or let the plan keep poor patches.</source>
            <translation>Die Ausschnitte aller %1 Kandidaten sind gesättigt, aufgeladen, leer oder unscharf: Nehmen Sie ein besseres Übersichtsbild auf, oder lassen Sie den Plan schlechte Ausschnitte behalten.</translation>
        </message>
        <message>
            <source>%1 answered a spectrum of %2 channels at the reference; its energy axis has %3.</source>
            <translation>%1 lieferte an der Referenz ein Spektrum von %2 Kanälen; seine Energieachse hat %3.</translation>
        </message>
        <message>
            <source>The model has learnt no features of its own: look at the ring features.</source>
            <translation>Das Modell hat keine eigenen Merkmale gelernt: Sehen Sie die Ringmerkmale an.</translation>
        </message>
        <message>
            <source>%1 % less: step %2 was %3 pixels away, %4 s before</source>
            <translation>%1 % weniger: Schritt %2 war %3 Pixel entfernt, %4 s davor</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is no pixel [row, column].</source>
            <translation>%1 kann nicht verwendet werden: „%2“ ist kein Pixel [Zeile, Spalte].</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' has %3 entries.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ hat %3 Einträge.</translation>
        </message>
        <message>
            <source>Cannot read the run %1: '%2' is no list.</source>
            <translation>Der Lauf %1 kann nicht gelesen werden: „%2“ ist keine Liste.</translation>
        </message>
        <message>
            <source>what was watched before step %1 in %2</source>
            <translation>Überwachung vor Schritt %1 in %2</translation>
        </message>
        <message>
            <source>Cannot use %1: it is no JSON object.</source>
            <translation>%1 kann nicht verwendet werden: Es ist kein JSON-Objekt.</translation>
        </message>
        <message>
            <source>Cannot read the run %1: '%2' could not be read whole.</source>
            <translation>Der Lauf %1 kann nicht gelesen werden: „%2“ konnte nicht vollständig gelesen werden.</translation>
        </message>
        <message>
            <source>Cannot use %1: 'reference' is not a pixel [row, column].</source>
            <translation>%1 kann nicht verwendet werden: „reference“ ist kein Pixel [Zeile, Spalte].</translation>
        </message>
        <message>
            <source>%1: %2 → %3</source>
            <translation>%1: %2 → %3</translation>
        </message>
        <message>
            <source>never</source>
            <translation>nie</translation>
        </message>
        <message>
            <source>every %1 measurements</source>
            <translation>alle %1 Messungen</translation>
        </message>
        <message>
            <source>yes</source>
            <translation>ja</translation>
        </message>
        <message>
            <source>no</source>
            <translation>nein</translation>
        </message>
        <message>
            <source>the first pixel</source>
            <translation>das erste Pixel</translation>
        </message>
        <message>
            <source>re-survey</source>
            <translation>neues Übersichtsbild</translation>
        </message>
        <message>
            <source>re-survey at a drift of</source>
            <translation>neues Übersichtsbild ab einer Drift von</translation>
        </message>
        <message>
            <source> nm</source>
            <translation> nm</translation>
        </message>
        <message>
            <source>drift extrapolated between images</source>
            <translation>Drift zwischen Bildern extrapoliert</translation>
        </message>
        <message>
            <source>least likeness of a registration</source>
            <translation>geringste Ähnlichkeit einer Registrierung</translation>
        </message>
        <message>
            <source>poor patches left out</source>
            <translation>schlechte Ausschnitte ausgelassen</translation>
        </message>
        <message>
            <source>least sharpness</source>
            <translation>geringste Schärfe</translation>
        </message>
        <message>
            <source>reference measured</source>
            <translation>Referenz gemessen</translation>
        </message>
        <message>
            <source>reference</source>
            <translation>Referenz</translation>
        </message>
        <message>
            <source>pause at a change of the reference of</source>
            <translation>Pause ab einer Änderung der Referenz von</translation>
        </message>
        <message>
            <source>learning while the beam dwells</source>
            <translation>Lernen, während der Strahl verweilt</translation>
        </message>
        <message>
            <source>%1 took a survey image of %2 × %3 pixels; the first one has %4 × %5. Set the scan back to what it was and start again.</source>
            <translation>%1 hat ein Übersichtsbild von %2 × %3 Pixeln aufgenommen; das erste hat %4 × %5. Stellen Sie das Raster wieder ein, wie es war, und beginnen Sie neu.</translation>
        </message>
        <message>
            <source>values</source>
            <translation>Werte</translation>
        </message>
        <message>
            <source>as in the file</source>
            <translation>wie in der Datei</translation>
        </message>
        <message>
            <source>pixel size</source>
            <translation>Pixelgröße</translation>
        </message>
        <message>
            <source>channels read as one</source>
            <translation>als einer gelesene Kanäle</translation>
        </message>
        <message>
            <source>scan</source>
            <translation>Raster</translation>
        </message>
        <message>
            <source>cubes' side</source>
            <translation>Kantenlänge der Würfel</translation>
        </message>
        <message>
            <source>gap between cubes</source>
            <translation>Abstand zwischen Würfeln</translation>
        </message>
        <message>
            <source>spread of the cubes' sides</source>
            <translation>Streuung der Kantenlängen</translation>
        </message>
        <message>
            <source>tilt of the array</source>
            <translation>Neigung der Anordnung</translation>
        </message>
        <message>
            <source>hole's diameter</source>
            <translation>Lochdurchmesser</translation>
        </message>
        <message>
            <source>part of the field that is vacuum</source>
            <translation>Vakuumanteil des Felds</translation>
        </message>
        <message>
            <source>channels</source>
            <translation>Kanäle</translation>
        </message>
        <message>
            <source>%1 to %2 eV</source>
            <translation>%1 bis %2 eV</translation>
        </message>
        <message>
            <source>sample's seed</source>
            <translation>Startwert der Probe</translation>
        </message>
        <message>
            <source>image noise (of its range)</source>
            <translation>Bildrauschen (anteilig am Wertebereich)</translation>
        </message>
        <message>
            <source>beam current</source>
            <translation>Strahlstrom</translation>
        </message>
        <message>
            <source> pA</source>
            <translation> pA</translation>
        </message>
        <message>
            <source>shot noise</source>
            <translation>Schrotrauschen</translation>
        </message>
        <message>
            <source> nm/s</source>
            <translation> nm/s</translation>
        </message>
        <message>
            <source>drift to the right</source>
            <translation>Drift nach rechts</translation>
        </message>
        <message>
            <source>drift downwards</source>
            <translation>Drift nach unten</translation>
        </message>
        <message>
            <source>random walk in a second</source>
            <translation>Zufallswanderung je Sekunde</translation>
        </message>
        <message>
            <source>widening of the probe</source>
            <translation>Verbreiterung der Sonde</translation>
        </message>
        <message>
            <source>contamination (mean free paths a second)</source>
            <translation>Kontamination (freie Weglängen je Sekunde)</translation>
        </message>
        <message>
            <source>time of a survey</source>
            <translation>Zeit einer Übersichtsaufnahme</translation>
        </message>
        <message>
            <source> s</source>
            <translation> s</translation>
        </message>
        <message>
            <source>simulated</source>
            <translation>simuliert</translation>
        </message>
        <message>
            <source>mean %1</source>
            <translation>Mittelwert %1</translation>
        </message>
        <message>
            <source>peak height %1</source>
            <translation>Peakhöhe %1</translation>
        </message>
        <message>
            <source>peak energy %1</source>
            <translation>Peakenergie %1</translation>
        </message>
        <message>
            <source>ratio %1 / %2</source>
            <translation>Verhältnis %1 / %2</translation>
        </message>
        <message>
            <source>, constant background %1</source>
            <translation>, konstanter Untergrund %1</translation>
        </message>
        <message>
            <source>, power-law background %1</source>
            <translation>, Potenzgesetz-Untergrund %1</translation>
        </message>
        <message>
            <source> eV</source>
            <translation> eV</translation>
        </message>
        <message>
            <source>%1 at random</source>
            <translation>%1 zufällig</translation>
        </message>
        <message>
            <source>about %1 on a grid</source>
            <translation>etwa %1 auf einem Gitter</translation>
        </message>
        <message>
            <source>0 given</source>
            <translation>0 vorgegeben</translation>
        </message>
        <message>
            <source>%1 given (%2)</source>
            <translation>%1 vorgegeben (%2)</translation>
        </message>
        <message>
            <source>first points</source>
            <translation>erste Punkte</translation>
        </message>
        <message>
            <source>first points: others from number %1 on (%2, %3 → %4, %5)</source>
            <translation>erste Punkte: andere ab Nummer %1 (%2, %3 → %4, %5)</translation>
        </message>
        <message>
            <source>by itself</source>
            <translation>eigenständig</translation>
        </message>
        <message>
            <source>step %1 of run %2</source>
            <translation>Schritt %1 von Lauf %2</translation>
        </message>
        <message>
            <source>the sample</source>
            <translation>die Probe</translation>
        </message>
        <message>
            <source>the nearest measured spectrum</source>
            <translation>das nächstgelegene gemessene Spektrum</translation>
        </message>
        <message>
            <source>the prediction</source>
            <translation>die Vorhersage</translation>
        </message>
        <message>
            <source>begins</source>
            <translation>Beginn</translation>
        </message>
        <message>
            <source>begins: other measurements up to %1 (%2 → %3)</source>
            <translation>Beginn: andere Messungen bis %1 (%2 → %3)</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>unbekannt</translation>
        </message>
        <message>
            <source>where the other run has not measured</source>
            <translation>wo der andere Lauf nicht gemessen hat</translation>
        </message>
        <message>
            <source>nothing</source>
            <translation>nichts</translation>
        </message>
        <message>
            <source>1 pixel</source>
            <translation>1 Pixel</translation>
        </message>
        <message>
            <source>%1 pixels</source>
            <translation>%1 Pixel</translation>
        </message>
        <message>
            <source>%1: %2, of a grid of %3 × %4 → %5 × %6 pixels</source>
            <translation>%1: %2, eines Gitters von %3 × %4 → %5 × %6 Pixeln</translation>
        </message>
        <message>
            <source>%1: %2, %3 of them elsewhere</source>
            <translation>%1: %2, %3 davon anderswo</translation>
        </message>
        <message>
            <source>stops after</source>
            <translation>Ende nach</translation>
        </message>
        <message>
            <source>under %1 % change in %2 steps</source>
            <translation>unter %1 % Änderung in %2 Schritten</translation>
        </message>
        <message>
            <source>stops on a plateau</source>
            <translation>Ende auf einem Plateau</translation>
        </message>
        <message>
            <source>%1 (ξ %2)</source>
            <translation>%1 (ξ %2)</translation>
        </message>
        <message>
            <source>%1 (β %2)</source>
            <translation>%1 (β %2)</translation>
        </message>
        <message>
            <source>learnt by a network</source>
            <translation>von einem Netz gelernt</translation>
        </message>
        <message>
            <source>rings about the pixel</source>
            <translation>Ringe um das Pixel</translation>
        </message>
        <message>
            <source>principal components of the patches</source>
            <translation>Hauptkomponenten der Ausschnitte</translation>
        </message>
        <message>
            <source>RBF</source>
            <translation>RBF</translation>
        </message>
        <message>
            <source>grows with counts</source>
            <translation>wächst mit den Zählwerten</translation>
        </message>
        <message>
            <source>of the weights that predict</source>
            <translation>der Gewichte, die vorhersagen</translation>
        </message>
        <message>
            <source>as published (AtomAI)</source>
            <translation>wie veröffentlicht (AtomAI)</translation>
        </message>
        <message>
            <source>own settings</source>
            <translation>eigene Einstellungen</translation>
        </message>
        <message>
            <source>model's features</source>
            <translation>Merkmale des Modells</translation>
        </message>
        <message>
            <source>network's hidden layers</source>
            <translation>verborgene Schichten des Netzes</translation>
        </message>
        <message>
            <source>features the kernel sees</source>
            <translation>Merkmale, die der Kern sieht</translation>
        </message>
        <message>
            <source>kernel</source>
            <translation>Kern</translation>
        </message>
        <message>
            <source>noise</source>
            <translation>Rauschen</translation>
        </message>
        <message>
            <source>near places are alike</source>
            <translation>nahe Orte ähneln sich</translation>
        </message>
        <message>
            <source>each output alone</source>
            <translation>jede Ausgabe für sich</translation>
        </message>
        <message>
            <source>%1 components</source>
            <translation>%1 Komponenten</translation>
        </message>
        <message>
            <source>spectra are learnt as</source>
            <translation>Spektren werden gelernt als</translation>
        </message>
        <message>
            <source>embedding's bounds</source>
            <translation>Grenzen der Einbettung</translation>
        </message>
        <message>
            <source>training cycles</source>
            <translation>Trainingszyklen</translation>
        </message>
        <message>
            <source>network's learning rate</source>
            <translation>Lernrate des Netzes</translation>
        </message>
        <message>
            <source>kernel's learning rate</source>
            <translation>Lernrate des Kerns</translation>
        </message>
        <message>
            <source>noise variance before training</source>
            <translation>Rauschvarianz vor dem Training</translation>
        </message>
        <message>
            <source>targets standardized</source>
            <translation>Zielwerte standardisiert</translation>
        </message>
        <message>
            <source>whole spectra</source>
            <translation>ganze Spektren</translation>
        </message>
        <message>
            <source>the value</source>
            <translation>der Wert</translation>
        </message>
        <message>
            <source>model predicts</source>
            <translation>Modell sagt vorher</translation>
        </message>
        <message>
            <source>channels averaged into one</source>
            <translation>zu einem gemittelte Kanäle</translation>
        </message>
        <message>
            <source>patch's side</source>
            <translation>Seite des Ausschnitts</translation>
        </message>
        <message>
            <source> pixels</source>
            <translation> Pixel</translation>
        </message>
        <message>
            <source>forbidden</source>
            <translation>gesperrt</translation>
        </message>
        <message>
            <source>preferred</source>
            <translation>bevorzugt</translation>
        </message>
        <message>
            <source>what is preferred counts, times</source>
            <translation>Bevorzugtes zählt, Male</translation>
        </message>
        <message>
            <source>measurements after the first</source>
            <translation>Messungen nach den ersten</translation>
        </message>
        <message>
            <source>meta-model %1</source>
            <translation>Metamodell %1</translation>
        </message>
        <message>
            <source>cold</source>
            <translation>kalt</translation>
        </message>
        <message>
            <source>%1, then the best in %2 after %3 points</source>
            <translation>%1, dann das beste aus %2 nach %3 Punkten</translation>
        </message>
        <message>
            <source>model begins from</source>
            <translation>Modell beginnt mit</translation>
        </message>
        <message>
            <source>goes on from the last model (%1 cycles)</source>
            <translation>macht mit dem letzten Modell weiter (%1 Zyklen)</translation>
        </message>
        <message>
            <source>learns anew each step</source>
            <translation>lernt bei jedem Schritt neu</translation>
        </message>
        <message>
            <source>learning</source>
            <translation>Lernen</translation>
        </message>
        <message>
            <source>dwell time</source>
            <translation>Verweilzeit</translation>
        </message>
        <message>
            <source>at every step</source>
            <translation>bei jedem Schritt</translation>
        </message>
        <message>
            <source>every %1 steps</source>
            <translation>alle %1 Schritte</translation>
        </message>
        <message>
            <source>maps are kept</source>
            <translation>Karten werden aufbewahrt</translation>
        </message>
        <message>
            <source>seed</source>
            <translation>Startwert</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is '%3' and must be one of %4.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ ist „%3“ und muss eines von %4 sein.</translation>
        </message>
        <message>
            <source>an object</source>
            <translation>ein Objekt</translation>
        </message>
        <message>
            <source>a list of two energies</source>
            <translation>eine Liste aus zwei Energien</translation>
        </message>
        <message>
            <source>a list of pixels</source>
            <translation>eine Liste von Pixeln</translation>
        </message>
        <message>
            <source>a list of pixels, each [row, column]</source>
            <translation>eine Liste von Pixeln, jedes [Zeile, Spalte]</translation>
        </message>
        <message>
            <source>'unrest' of %1</source>
            <translation>„unrest“ von %1</translation>
        </message>
        <message>
            <source>'instrument' of %1</source>
            <translation>„instrument“ von %1</translation>
        </message>
        <message>
            <source>'recorded' of %1</source>
            <translation>„recorded“ von %1</translation>
        </message>
        <message>
            <source>'simulated' of %1</source>
            <translation>„simulated“ von %1</translation>
        </message>
        <message>
            <source>a list of at most %1 files and folders</source>
            <translation>eine Liste von höchstens %1 Dateien und Ordnern</translation>
        </message>
        <message>
            <source>Cannot use %1: %2 × %3 pixels are too many.</source>
            <translation>%1 kann nicht verwendet werden: %2 × %3 Pixel sind zu viele.</translation>
        </message>
        <message>
            <source>a list of [row, first column, last column] within it</source>
            <translation>eine Liste von [Zeile, erste Spalte, letzte Spalte] innerhalb davon</translation>
        </message>
        <message>
            <source>'%1' of %2</source>
            <translation>„%1“ von %2</translation>
        </message>
        <message>
            <source>a list of at most %1 widths from 1 to %2</source>
            <translation>eine Liste von höchstens %1 Breiten von 1 bis %2</translation>
        </message>
        <message>
            <source>Cannot use %1: its format is '%2', not 'helmscope-plan'.</source>
            <translation>%1 kann nicht verwendet werden: Das Format ist „%2“, nicht „helmscope-plan“.</translation>
        </message>
        <message>
            <source>Cannot use %1: a newer Helmscope wrote it; update this one.</source>
            <translation>%1 kann nicht verwendet werden: Ein neueres Helmscope hat es geschrieben; aktualisieren Sie dieses.</translation>
        </message>
        <message>
            <source>an object or a text like 'band:0.35-0.55'</source>
            <translation>ein Objekt oder ein Text wie „band:0.35-0.55“</translation>
        </message>
        <message>
            <source>Cannot judge a map of %1 × %2 pixels against a truth of %3 × %4.</source>
            <translation>Eine Karte von %1 × %2 Pixeln kann nicht an einer Wahrheit von %3 × %4 gemessen werden.</translation>
        </message>
        <message>
            <source>All %1 measurements are done.</source>
            <translation>Alle %1 Messungen sind gemacht.</translation>
        </message>
        <message>
            <source>The time of %1 s is up after %2 measurements.</source>
            <translation>Die Zeit von %1 s ist nach %2 Messungen um.</translation>
        </message>
        <message>
            <source>The map's mean deviation changed by less than %1 % over %2 steps, after %3 measurements.</source>
            <translation>Die mittlere Abweichung der Karte änderte sich nach %3 Messungen über %2 Schritte um weniger als %1 %.</translation>
        </message>
        <message>
            <source>No pixel is left that may be measured.</source>
            <translation>Es ist kein Pixel mehr übrig, das gemessen werden darf.</translation>
        </message>
        <message>
            <source>Stopped after %1 measurements.</source>
            <translation>Nach %1 Messungen angehalten.</translation>
        </message>
        <message>
            <source>Stopped after %1 measurements: %2</source>
            <translation>Nach %1 Messungen angehalten: %2</translation>
        </message>
        <message>
            <source>The run was cut off after %1 measurements.</source>
            <translation>Der Lauf wurde nach %1 Messungen abgeschnitten.</translation>
        </message>
        <message>
            <source>is missing</source>
            <translation>fehlt</translation>
        </message>
        <message>
            <source>is there more than once</source>
            <translation>kommt mehr als einmal vor</translation>
        </message>
        <message>
            <source>is not as large as the image</source>
            <translation>ist nicht so groß wie das Bild</translation>
        </message>
        <message>
            <source>holds no number</source>
            <translation>enthält keine Zahl</translation>
        </message>
        <message>
            <source>Cannot read the runs in %1: '%2' %3.</source>
            <translation>Die Läufe in %1 können nicht gelesen werden: „%2“ %3.</translation>
        </message>
        <message>
            <source>is no list of at most %1 numbers</source>
            <translation>ist keine Liste von höchstens %1 Zahlen</translation>
        </message>
        <message>
            <source>is no image</source>
            <translation>ist kein Bild</translation>
        </message>
        <message>
            <source>is no list of rows and columns</source>
            <translation>ist keine Liste von Zeilen und Spalten</translation>
        </message>
        <message>
            <source>names a pixel outside of the image</source>
            <translation>nennt ein Pixel außerhalb des Bildes</translation>
        </message>
        <message>
            <source>holds no number at row %1, column %2</source>
            <translation>enthält in Zeile %1, Spalte %2 keine Zahl</translation>
        </message>
        <message>
            <source>is no side of a square of the image</source>
            <translation>ist keine Seite eines Quadrats des Bildes</translation>
        </message>
        <message>
            <source>holds %1, which is no pixel's number</source>
            <translation>enthält %1, was keine Nummer eines Pixels ist</translation>
        </message>
        <message>
            <source>has not as many numbers as its order</source>
            <translation>hat nicht so viele Zahlen wie seine Reihenfolge</translation>
        </message>
        <message>
            <source>names a pixel twice</source>
            <translation>nennt ein Pixel zweimal</translation>
        </message>
        <message>
            <source>%1: its curves came with it. What it calls MAE is in the program that writes such files the root of the mean squared error; both are over all pixels, measured ones too: compare them with RMSE and NLPD of all pixels.</source>
            <translation>%1: Die Kurven waren dabei. Was dort MAE heißt, ist im Programm, das solche Dateien schreibt, die Wurzel des mittleren quadratischen Fehlers; beide gehen über alle Pixel, auch gemessene: Vergleichen Sie sie mit RMSE und NLPD aller Pixel.</translation>
        </message>
        <message>
            <source>%1 is damaged: '%2' is not what it was when the run ended. Restore the file from where it was backed up or pushed to.</source>
            <translation>%1 ist beschädigt: „%2“ ist nicht, was es am Ende des Laufs war. Stellen Sie die Datei von dort wieder her, wo sie gesichert oder wohin sie hochgeladen wurde.</translation>
        </message>
        <message>
            <source>%1 is damaged: '%2' is missing. Restore the file from where it was backed up or pushed to.</source>
            <translation>%1 ist beschädigt: „%2“ fehlt. Stellen Sie die Datei von dort wieder her, wo sie gesichert oder wohin sie hochgeladen wurde.</translation>
        </message>
        <message>
            <source>Cannot record the run in %1: the file exists already. Choose another name.</source>
            <translation>Der Lauf kann nicht in %1 aufgezeichnet werden: Die Datei gibt es bereits. Wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <source>Cannot add step %1 to %2: %3</source>
            <translation>Schritt %1 kann nicht an %2 angefügt werden: %3</translation>
        </message>
        <message>
            <source>the run in it has ended.</source>
            <translation>Der Lauf darin ist beendet.</translation>
        </message>
        <message>
            <source>the step before it could not be written.</source>
            <translation>Der Schritt davor konnte nicht geschrieben werden.</translation>
        </message>
        <message>
            <source>step %1 is to come next.</source>
            <translation>Als Nächstes muss Schritt %1 kommen.</translation>
        </message>
        <message>
            <source>its spectrum has %1 channels, the run's have %2.</source>
            <translation>Das Spektrum hat %1 Kanäle, die des Laufs haben %2.</translation>
        </message>
        <message>
            <source>Cannot end the run in %1 twice.</source>
            <translation>Der Lauf in %1 kann nicht zweimal beendet werden.</translation>
        </message>
        <message>
            <source>it has %1 steps, and number %2 is asked for.</source>
            <translation>Er hat %1 Schritte, verlangt ist Nummer %2.</translation>
        </message>
        <message>
            <source>Cannot read the run %1: %2</source>
            <translation>Der Lauf %1 kann nicht gelesen werden: %2</translation>
        </message>
        <message>
            <source>its attribute '%1' is missing or no text.</source>
            <translation>Sein Attribut „%1“ fehlt oder ist kein Text.</translation>
        </message>
        <message>
            <source>it has no numbers in '%1'.</source>
            <translation>Er hat keine Zahlen in „%1“.</translation>
        </message>
        <message>
            <source>'%1' has %2 dimensions instead of %3.</source>
            <translation>„%1“ hat %2 Dimensionen statt %3.</translation>
        </message>
        <message>
            <source>'%1' claims more numbers than fit into the file.</source>
            <translation>„%1“ gibt mehr Zahlen an, als in die Datei passen.</translation>
        </message>
        <message>
            <source>'%1' has too few entries.</source>
            <translation>„%1“ hat zu wenige Einträge.</translation>
        </message>
        <message>
            <source>'%1' holds %2, which must be a whole number from %3 to %4.</source>
            <translation>„%1“ enthält %2; verlangt ist eine ganze Zahl von %3 bis %4.</translation>
        </message>
        <message>
            <source>%1 is not JSON: %2.</source>
            <translation>%1 ist kein JSON: %2.</translation>
        </message>
        <message>
            <source>it is no run of Helmscope.</source>
            <translation>Es ist kein Lauf von Helmscope.</translation>
        </message>
        <message>
            <source>its version is %1, and this program reads versions up to %2.</source>
            <translation>Er hat die Version %1, und dieses Programm liest Versionen bis %2.</translation>
        </message>
        <message>
            <source>its plan</source>
            <translation>sein Plan</translation>
        </message>
        <message>
            <source>the plan in %1</source>
            <translation>Plan in %1</translation>
        </message>
        <message>
            <source>its image of %1 × %2 pixels does not fit to %3 image pixels a pixel.</source>
            <translation>Sein Bild von %1 × %2 Pixeln passt nicht zu %3 Bildpixeln je Pixel.</translation>
        </message>
        <message>
            <source>its pixel size is %1 nm.</source>
            <translation>Seine Pixelgröße ist %1 nm.</translation>
        </message>
        <message>
            <source>its provenance</source>
            <translation>sein Herkunftsnachweis</translation>
        </message>
        <message>
            <source>its energy axis has %1 channels.</source>
            <translation>Seine Energieachse hat %1 Kanäle.</translation>
        </message>
        <message>
            <source>its energy axis does not increase at channel %1.</source>
            <translation>Seine Energieachse steigt bei Kanal %1 nicht an.</translation>
        </message>
        <message>
            <source>'%1' could not be read whole.</source>
            <translation>„%1“ konnte nicht vollständig gelesen werden.</translation>
        </message>
        <message>
            <source>its spectra have %1 channels, its energy axis %2.</source>
            <translation>Seine Spektren haben %1 Kanäle, seine Energieachse %2.</translation>
        </message>
        <message>
            <source>it claims %1 steps.</source>
            <translation>Er gibt %1 Schritte an.</translation>
        </message>
        <message>
            <source>its step %1 bears the number %2.</source>
            <translation>Sein Schritt %1 trägt die Nummer %2.</translation>
        </message>
        <message>
            <source>its step %1 lies at (%2, %3), outside of the image.</source>
            <translation>Sein Schritt %1 liegt bei (%2, %3), außerhalb des Bildes.</translation>
        </message>
        <message>
            <source>'%1' is no reason to measure that is known.</source>
            <translation>„%1“ ist kein bekannter Grund einer Messung.</translation>
        </message>
        <message>
            <source>'%1' is no acquisition that is known.</source>
            <translation>„%1“ ist keine bekannte Akquisition.</translation>
        </message>
        <message>
            <source>one of its scalarizers</source>
            <translation>einer seiner Skalarisierer</translation>
        </message>
        <message>
            <source>the scalarizer of step %1 in %2</source>
            <translation>Skalarisierer von Schritt %1 in %2</translation>
        </message>
        <message>
            <source>what the operator said before step %1</source>
            <translation>Bedienereingabe vor Schritt %1</translation>
        </message>
        <message>
            <source>'%1' has %2 × %3 pixels, the grid %4 × %5.</source>
            <translation>„%1“ hat %2 × %3 Pixel, das Gitter %4 × %5.</translation>
        </message>
        <message>
            <source>its model claims %1 bytes.</source>
            <translation>Sein Modell gibt %1 Bytes an.</translation>
        </message>
        <message>
            <source>its model is not made of bytes.</source>
            <translation>Sein Modell besteht nicht aus Bytes.</translation>
        </message>
        <message>
            <source>The forbidden region was not taken: it has %1 × %2 pixels, the grid %3 × %4.</source>
            <translation>Der gesperrte Bereich wurde nicht übernommen: Er hat %1 × %2 Pixel, das Gitter %3 × %4.</translation>
        </message>
        <message>
            <source>%1 candidates are forbidden.</source>
            <translation>%1 Kandidaten sind gesperrt.</translation>
        </message>
        <message>
            <source>Nothing is forbidden any more.</source>
            <translation>Nichts ist mehr gesperrt.</translation>
        </message>
        <message>
            <source>The preferred region was not taken: it has %1 × %2 pixels, the grid %3 × %4.</source>
            <translation>Der bevorzugte Bereich wurde nicht übernommen: Er hat %1 × %2 Pixel, das Gitter %3 × %4.</translation>
        </message>
        <message>
            <source>The preferred region was not taken: its factor must lie between 1 and %1.</source>
            <translation>Der bevorzugte Bereich wurde nicht übernommen: Sein Faktor muss zwischen 1 und %1 liegen.</translation>
        </message>
        <message>
            <source>Nothing is preferred any more.</source>
            <translation>Nichts ist mehr bevorzugt.</translation>
        </message>
        <message>
            <source>%1 candidates are preferred: their acquisition counts %2 times.</source>
            <translation>%1 Kandidaten sind bevorzugt: Ihre Akquisition zählt %2-mal.</translation>
        </message>
        <message>
            <source>Pixel %1 is not queued, so it could not be taken back.</source>
            <translation>Pixel %1 ist nicht vorgemerkt und konnte daher nicht zurückgenommen werden.</translation>
        </message>
        <message>
            <source>Pixel %1 is not queued any more.</source>
            <translation>Pixel %1 ist nicht mehr vorgemerkt.</translation>
        </message>
        <message>
            <source>The queued pixel %1 lies outside the candidates and is ignored.</source>
            <translation>Das vorgemerkte Pixel %1 liegt außerhalb der Kandidaten und wird übergangen.</translation>
        </message>
        <message>
            <source>The queued pixel %1 is measured already and is ignored.</source>
            <translation>Das vorgemerkte Pixel %1 ist bereits gemessen und wird übergangen.</translation>
        </message>
        <message>
            <source>The queued pixel %1 is forbidden and is ignored.</source>
            <translation>Das vorgemerkte Pixel %1 ist gesperrt und wird übergangen.</translation>
        </message>
        <message>
            <source>Pixel %1 is queued.</source>
            <translation>Pixel %1 ist vorgemerkt.</translation>
        </message>
        <message>
            <source>The acquisition was not changed: ξ must be a number and β at least 0.</source>
            <translation>Die Akquisition wurde nicht geändert: ξ muss eine Zahl und β mindestens 0 sein.</translation>
        </message>
        <message>
            <source>The acquisition was not changed: a number of its heating lies outside its range.</source>
            <translation>Die Akquisition wurde nicht geändert: Eine Zahl ihrer Erwärmung liegt außerhalb ihres Bereichs.</translation>
        </message>
        <message>
            <source>Heating is now %1.</source>
            <translation>Die Erwärmung ist jetzt %1.</translation>
        </message>
        <message>
            <source>The acquisition is now %1 (ξ %2, β %3).</source>
            <translation>Die Akquisition ist nun %1 (ξ %2, β %3).</translation>
        </message>
        <message>
            <source>The scalarizer was not changed: the microscope answers values, not spectra.</source>
            <translation>Der Skalarisierer wurde nicht geändert: Das Mikroskop liefert Werte, keine Spektren.</translation>
        </message>
        <message>
            <source>The scalarizer was not changed: %1 does not fit the energies, which go from %2 to %3 %4 in %5 channels.</source>
            <translation>Der Skalarisierer wurde nicht geändert: %1 passt nicht zu den Energien, die von %2 bis %3 %4 in %5 Kanälen reichen.</translation>
        </message>
        <message>
            <source>The value is now %1; all values are computed anew.</source>
            <translation>Der Wert ist nun %1; alle Werte werden neu berechnet.</translation>
        </message>
        <message>
            <source>The meta-model was not changed: %1 has not been read.</source>
            <translation>Das Metamodell wurde nicht gewechselt: %1 wurde nicht gelesen.</translation>
        </message>
        <message>
            <source>The meta-model was not changed: %1 was learnt on patches of %2 numbers, and those of this run have %3.</source>
            <translation>Das Metamodell wurde nicht gewechselt: %1 wurde an Ausschnitten von %2 Zahlen gelernt, und die dieses Laufs haben %3.</translation>
        </message>
        <message>
            <source>The model begins from the meta-model %1 (%2) from here on.</source>
            <translation>Von hier an beginnt das Modell mit dem Metamodell %1 (%2).</translation>
        </message>
        <message>
            <source>The model begins cold from here on.</source>
            <translation>Von hier an beginnt das Modell kalt.</translation>
        </message>
        <message>
            <source>The budget was not changed: it must lie between 0 and %1 steps.</source>
            <translation>Das Budget wurde nicht geändert: Es muss zwischen 0 und %1 Schritten liegen.</translation>
        </message>
        <message>
            <source>The budget is now %1 steps.</source>
            <translation>Das Budget beträgt nun %1 Schritte.</translation>
        </message>
        <message>
            <source>The scalarizer was not changed: %1</source>
            <translation>Der Skalarisierer wurde nicht geändert: %1</translation>
        </message>
        <message>
            <source>Pixel %1 was vetoed.</source>
            <translation>Pixel %1 wurde abgelehnt.</translation>
        </message>
        <message>
            <source>The queued pixel %1 may not be measured any more.</source>
            <translation>Das vorgemerkte Pixel %1 darf nicht mehr gemessen werden.</translation>
        </message>
        <message>
            <source>The first pixel %1 may not be measured.</source>
            <translation>Das erste Pixel %1 darf nicht gemessen werden.</translation>
        </message>
        <message>
            <source>No pixel has a defined worth: pixel %1 is random.</source>
            <translation>Kein Pixel hat einen definierten Akquisitionswert: Pixel %1 ist zufällig gewählt.</translation>
        </message>
        <message>
            <source>The model could not learn: pixel %1 is random.</source>
            <translation>Das Modell konnte nicht lernen: Pixel %1 ist zufällig gewählt.</translation>
        </message>
        <message>
            <source>Too few values are defined to learn from: pixel %1 is random.</source>
            <translation>Zu wenige Werte sind definiert, um daraus zu lernen: Pixel %1 ist zufällig gewählt.</translation>
        </message>
        <message>
            <source>%1 The maps are those of an earlier step.</source>
            <translation>%1 Die Karten sind die eines früheren Schritts.</translation>
        </message>
        <message>
            <source>The value %1 at pixel %2 is over 100,000 times larger than any other: it is left out of what the model learns until another one confirms it.</source>
            <translation>Der Wert %1 an Pixel %2 ist über 100.000-mal größer als jeder andere: Er wird von dem ausgelassen, woraus das Modell lernt, bis ein anderer ihn bestätigt.</translation>
        </message>
        <message>
            <source>The meta-model does not help here: on the %1 points measured its error is %2 (without it %3) and its negative log density %4 (%5). The model begins cold.</source>
            <translation>Das Metamodell hilft hier nicht: An den %1 gemessenen Punkten ist sein Fehler %2 (ohne es %3) und seine negative Log-Dichte %4 (%5). Das Modell beginnt kalt.</translation>
        </message>
        <message>
            <source>The meta-model helps here again: on the %1 points measured its error is %2 (without it %3) and its negative log density %4 (%5). The model begins from it.</source>
            <translation>Das Metamodell hilft hier wieder: An den %1 gemessenen Punkten ist sein Fehler %2 (ohne es %3) und seine negative Log-Dichte %4 (%5). Das Modell beginnt mit ihm.</translation>
        </message>
        <message>
            <source>What the model expects cannot be shown at %1 of %2 pixels: it is not finite, or too large for a map.</source>
            <translation>Was das Modell erwartet, kann an %1 von %2 Pixeln nicht gezeigt werden: Es ist nicht endlich oder für eine Karte zu groß.</translation>
        </message>
        <message>
            <source>The maps are not held against the full scan: it takes %1 and would have to be read whole.</source>
            <translation>Die Karten werden nicht mit dem vollen Raster verglichen: Es braucht %1 und müsste ganz gelesen werden.</translation>
        </message>
        <message>
            <source>Nobody measured pixel %1: the nearest measured one stands in. Such steps are marked; this is said once.</source>
            <translation>Niemand hat Pixel %1 gemessen: Das nächstgelegene gemessene steht dafür ein. Solche Schritte sind gekennzeichnet; dies wird einmal gesagt.</translation>
        </message>
        <message>
            <source>Nobody measured pixel %1: what a model expected stands in. Such steps are marked; this is said once.</source>
            <translation>Niemand hat Pixel %1 gemessen: Was ein Modell erwartete, steht dafür ein. Solche Schritte sind gekennzeichnet; dies wird einmal gesagt.</translation>
        </message>
        <message>
            <source>%1 of %2 candidates are left out: their patches are saturated, charged, blank or blurred.</source>
            <translation>%1 von %2 Kandidaten sind ausgelassen: Ihre Ausschnitte sind gesättigt, aufgeladen, leer oder unscharf.</translation>
        </message>
        <message>
            <source>The reference at %1 has drifted out of the scan: it is not measured this time.</source>
            <translation>Die Referenz bei %1 ist aus dem Raster gedriftet: Sie wird diesmal nicht gemessen.</translation>
        </message>
        <message>
            <source>The value at pixel %1 is not defined.</source>
            <translation>Der Wert an Pixel %1 ist nicht definiert.</translation>
        </message>
        <message>
            <source>%1 of the %2 channels of the spectrum at pixel %3 are not finite: it may be left out of what the model learns.</source>
            <translation>%1 der %2 Kanäle des Spektrums an Pixel %3 sind nicht endlich: Es wird womöglich von dem ausgelassen, woraus das Modell lernt.</translation>
        </message>
        <message>
            <source>%1 of the %2 channels of the spectrum at pixel %3 are not finite.</source>
            <translation>%1 der %2 Kanäle des Spektrums an Pixel %3 sind nicht endlich.</translation>
        </message>
        <message>
            <source>The spectrum at pixel %1 seems saturated: %2 neighbouring channels have its largest value, %3. A shorter dwell time helps; this is said once.</source>
            <translation>Das Spektrum an Pixel %1 scheint gesättigt: %2 benachbarte Kanäle haben seinen größten Wert, %3. Eine kürzere Verweilzeit hilft; dies wird einmal gesagt.</translation>
        </message>
        <message>
            <source>%1 pixels are left out: their patches hold numbers that are not finite.</source>
            <translation>%1 Pixel sind ausgelassen: Ihre Ausschnitte enthalten Zahlen, die nicht endlich sind.</translation>
        </message>
        <message>
            <source>The survey image is constant (%1): the model cannot tell one pixel from another.</source>
            <translation>Das Übersichtsbild ist konstant (%1): Das Modell kann ein Pixel nicht vom anderen unterscheiden.</translation>
        </message>
        <message>
            <source>The survey image seems saturated: %1 of its pixels (%2 %) have its largest value, %3. The model sees no difference among them.</source>
            <translation>Das Übersichtsbild scheint gesättigt: %1 seiner Pixel (%2 %) haben seinen größten Wert, %3. Das Modell sieht keinen Unterschied zwischen ihnen.</translation>
        </message>
        <message>
            <source>How far the sample has drifted cannot be told: the new survey image fits onto the first one in several places. Bring the first field back into view; then resume, and another image is taken.</source>
            <translation>Wie weit die Probe gedriftet ist, lässt sich nicht sagen: Das neue Übersichtsbild passt an mehreren Stellen auf das erste. Bringen Sie das erste Feld wieder ins Bild; setzen Sie dann fort, und ein weiteres Bild wird aufgenommen.</translation>
        </message>
        <message>
            <source>How far the sample has drifted cannot be told: the new survey image is too unlike the first one (%1, at least %2 is asked for). Look at focus and field; then resume, and another image is taken.</source>
            <translation>Wie weit die Probe gedriftet ist, lässt sich nicht sagen: Das neue Übersichtsbild ist dem ersten zu unähnlich (%1, verlangt ist mindestens %2). Prüfen Sie Fokus und Feld; setzen Sie dann fort, und ein weiteres Bild wird aufgenommen.</translation>
        </message>
        <message>
            <source>The survey image has only %1 % of the first one's sharpness: look at the focus.</source>
            <translation>Das Übersichtsbild hat nur %1 % der Schärfe des ersten: Prüfen Sie den Fokus.</translation>
        </message>
        <message>
            <source>The reference at (%1, %2) has changed by %3 %, and %4 % are allowed: the beam contaminates or damages the sample. Resume to go on anyway.</source>
            <translation>Die Referenz bei (%1, %2) hat sich um %3 % geändert, erlaubt sind %4 %: Der Strahl kontaminiert oder schädigt die Probe. Setzen Sie fort, um trotzdem weiterzumachen.</translation>
        </message>
        <message>
            <source>A covariance was not positive definite to working precision; %1 was added to its diagonal.</source>
            <translation>Eine Kovarianz war in Rechengenauigkeit nicht positiv definit; zu ihrer Diagonale wurde %1 addiert.</translation>
        </message>
        <message>
            <source>The loss was no longer finite in cycle %1; training was started anew with a quarter of the learning rates.</source>
            <translation>Der Verlust war in Zyklus %1 nicht mehr endlich; das Training begann mit einem Viertel der Lernraten von vorn.</translation>
        </message>
        <message>
            <source>Training stopped in cycle %1 of %2: the loss was no longer finite. The model before it is kept.</source>
            <translation>Das Training endete in Zyklus %1 von %2: Der Verlust war nicht mehr endlich. Das Modell davor bleibt.</translation>
        </message>
        <message>
            <source>The last training cycle was taken back: its covariance was not positive definite.</source>
            <translation>Der letzte Trainingszyklus wurde zurückgenommen: Seine Kovarianz war nicht positiv definit.</translation>
        </message>
        <message>
            <source>up to %1 % less about %2 pixels around, for about %3 s</source>
            <translation>bis zu %1 % weniger etwa %2 Pixel ringsum, etwa %3 s lang</translation>
        </message>
        <message>
            <source>%1 (%2 s between dwells)</source>
            <translation>%1 (%2 s zwischen Messungen)</translation>
        </message>
        <message>
            <source>Nothing can be said yet: four measured points are needed.</source>
            <translation>Noch lässt sich nichts sagen: Vier gemessene Punkte sind nötig.</translation>
        </message>
        <message>
            <source>On the %1 points measured, left out in turn, its error is %2 (cold %3) and its negative log density %4 (cold %5)</source>
            <translation>An den %1 gemessenen Punkten, reihum ausgelassen, ist sein Fehler %2 (kalt %3) und seine negative Log-Dichte %4 (kalt %5)</translation>
        </message>
        <message>
            <source>%1: better than a cold beginning by %2 nats a point, which may be chance (%3 count).</source>
            <translation>%1: um %2 nat je Punkt besser als ein Kaltstart, was Zufall sein kann (ab %3 zählt es).</translation>
        </message>
        <message>
            <source>%1: better than a cold beginning by %2 nats a point.</source>
            <translation>%1: um %2 nat je Punkt besser als ein Kaltstart.</translation>
        </message>
        <message>
            <source>%1: worse than a cold beginning by %2 nats a point.</source>
            <translation>%1: um %2 nat je Punkt schlechter als ein Kaltstart.</translation>
        </message>
        <message>
            <source>No meta-model is known: add one.</source>
            <translation>Kein Metamodell ist bekannt: Fügen Sie eines hinzu.</translation>
        </message>
        <message>
            <source>None of them can be used here. %1</source>
            <translation>Keines davon ist hier zu gebrauchen. %1</translation>
        </message>
        <message>
            <source>Cold: also the best of them, %1, does not help here. %2</source>
            <translation>Kalt: Auch das beste von ihnen, %1, hilft hier nicht. %2</translation>
        </message>
        <message>
            <source>%1 fits best. %2</source>
            <translation>%1 passt am besten. %2</translation>
        </message>
        <message>
            <source>Recorded by another program, method %1: no maps are kept.</source>
            <translation>Von einem anderen Programm aufgezeichnet, Methode %1: Karten sind nicht aufbewahrt.</translation>
        </message>
        <message>
            <source>The run was cut off or is still going on: %1 finished steps are in the file.</source>
            <translation>Der Lauf ist abgerissen oder noch im Gang: %1 abgeschlossene Schritte stehen in der Datei.</translation>
        </message>
        <message>
            <source>%1 of %2 pixels of the survey image %3 are not finite; they are shown as its median.</source>
            <translation>%1 von %2 Pixeln des Übersichtsbilds %3 sind nicht endlich; sie werden als dessen Median gezeigt.</translation>
        </message>
        <message>
            <source>The energies of %1 are taken from '%2' of the same file.</source>
            <translation>Die Energien von %1 stammen aus „%2“ derselben Datei.</translation>
        </message>
        <message>
            <source>The unit of the energies %1 is unknown: their name does not end in _eV or _keV.</source>
            <translation>Die Einheit der Energien %1 ist unbekannt: Ihr Name endet nicht auf _eV oder _keV.</translation>
        </message>
        <message>
            <source>The spectra %1 have no energies: their channels are counted from 0. Give a list of energies with --energies.</source>
            <translation>Die Spektren %1 haben keine Energien: Ihre Kanäle werden ab 0 gezählt. Eine Liste der Energien mit --energies angeben.</translation>
        </message>
        <message>
            <source>Channel</source>
            <translation>Kanal</translation>
        </message>
        <message>
            <source>Energy</source>
            <translation>Energie</translation>
        </message>
        <message>
            <source>The spectra %1 (%2) stay in their file, of which only what is asked for is read: whether all of their numbers are finite is not known.</source>
            <translation>Die Spektren %1 (%2) bleiben in ihrer Datei, von der nur das Verlangte gelesen wird: Ob alle ihre Zahlen endlich sind, ist nicht bekannt.</translation>
        </message>
        <message>
            <source>%1 of %2 numbers of the spectra %3 are not finite; they are left out of every mean.</source>
            <translation>%1 von %2 Zahlen der Spektren %3 sind nicht endlich; sie fehlen in jedem Mittelwert.</translation>
        </message>
        <message>
            <source>%1 of %2 values of %3 are not finite; they cannot be measured.</source>
            <translation>%1 von %2 Werten von %3 sind nicht endlich; sie können nicht gemessen werden.</translation>
        </message>
        <message>
            <source>The pixels of '%1' are not square (%2 nm high, %3 nm wide); the width is used for both.</source>
            <translation>Die Pixel von „%1“ sind nicht quadratisch (%2 nm hoch, %3 nm breit); für beide Seiten gilt die Breite.</translation>
        </message>
        <message>
            <source>The pixel size '%1' of %2 is %3 and not used.</source>
            <translation>Die Pixelgröße „%1“ von %2 ist %3 und wird nicht verwendet.</translation>
        </message>
        <message>
            <source>The pixel size '%1' of %2 nm belongs to the spectra's grid; an image pixel is %3 nm.</source>
            <translation>Die Pixelgröße „%1“ von %2 nm gehört zum Raster der Spektren; ein Bildpixel misst %3 nm.</translation>
        </message>
        <message>
            <source>The pixel size of the survey image is unknown: there is no scale bar. Give it with --pixel-size-nm.</source>
            <translation>Die Pixelgröße des Übersichtsbilds ist unbekannt: Es gibt keinen Maßstabsbalken. Sie mit --pixel-size-nm angeben.</translation>
        </message>
        <message>
            <source>image %1</source>
            <translation>Bild %1</translation>
        </message>
        <message>
            <source>%1 is of version %2.%3 of the Berkeley EMD format; versions up to 1.0 are known and it was read like those.</source>
            <translation>%1 hat Version %2.%3 des EMD-Formats von Berkeley; bekannt sind Versionen bis 1.0, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>Energy loss</source>
            <translation>Energieverlust</translation>
        </message>
        <message>
            <source>%1 is of version %2 of the EMSA format; versions up to %3 are known and it was read like those.</source>
            <translation>%1 hat Version %2 des EMSA-Formats; bekannt sind Versionen bis %3, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>virtual image of %1</source>
            <translation>virtuelles Bild von %1</translation>
        </message>
        <message>
            <source>%1 is of version %2 of HyperSpy's format; versions up to %3 are known and it was read like those.</source>
            <translation>%1 hat Version %2 des Formats von HyperSpy; bekannt sind Versionen bis %3, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>%1 is of version %2 of the MRC format; versions up to %3 are known and it was read like those.</source>
            <translation>%1 hat Version %2 des MRC-Formats; bekannt sind Versionen bis %3, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>%1 is of version %2 of Swift's format; versions up to %3 are known and it was read like those.</source>
            <translation>%1 hat Version %2 des Formats von Swift; bekannt sind Versionen bis %3, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>%1 was written by pyNSID %2; versions 0.x are known and it was read like those.</source>
            <translation>%1 wurde von pyNSID %2 geschrieben; bekannt sind Versionen 0.x, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>Image</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>%1 frames</source>
            <translation>%1 Einzelbilder</translation>
        </message>
        <message>
            <source>EDS</source>
            <translation>EDS</translation>
        </message>
        <message>
            <source>X-rays (Counts)</source>
            <translation>Röntgenstrahlung (Zählimpulse)</translation>
        </message>
        <message>
            <source>EDS detector %1</source>
            <translation>EDS-Detektor %1</translation>
        </message>
        <message>
            <source>EELS</source>
            <translation>EELS</translation>
        </message>
        <message>
            <source>EDS spectrum</source>
            <translation>EDS-Spektrum</translation>
        </message>
        <message>
            <source>%1 is of version %2 of Velox' format; versions up to %3 are known and it was read like those.</source>
            <translation>%1 hat Version %2 des Formats von Velox; bekannt sind Versionen bis %3, und es wurde wie diese gelesen.</translation>
        </message>
        <message>
            <source>%1 was pruned: its spectra are left only in a packed form that nobody has published.</source>
            <translation>%1 wurde bereinigt („pruned“): Die Spektren sind nur noch in einer gepackten Form vorhanden, die niemand veröffentlicht hat.</translation>
        </message>
        <message>
            <source>counts</source>
            <translation>Impulse</translation>
        </message>
        <message>
            <source>Simulated nanocubes, seed %1</source>
            <translation>Simulierte Nanowürfel, Startwert %1</translation>
        </message>
        <message>
            <source>HAADF (fraction of full thickness)</source>
            <translation>HAADF (Anteil der vollen Dicke)</translation>
        </message>
        <message>
            <source>Expected spectra</source>
            <translation>Erwartete Spektren</translation>
        </message>
        <message>
            <source>counts per second</source>
            <translation>Impulse pro Sekunde</translation>
        </message>
        <message>
            <source>Simulated nanocubes without noise, seed %1</source>
            <translation>Simulierte Nanowürfel ohne Rauschen, Startwert %1</translation>
        </message>
        <message>
            <source>The run measured nothing that could stand in for pixel (%1, %2).</source>
            <translation>Der Lauf hat nichts gemessen, was für Pixel (%1, %2) einstehen könnte.</translation>
        </message>
        <message>
            <source>The run took only %1 survey images, and another one is asked for.</source>
            <translation>Der Lauf hat nur %1 Übersichtsbilder aufgenommen, und ein weiteres wird verlangt.</translation>
        </message>
        <message>
            <source>Survey image %1 of the run is lost: what came of it cannot be done again.</source>
            <translation>Übersichtsbild %1 des Laufs ist verloren: Was daraus folgte, lässt sich nicht wiederholen.</translation>
        </message>
        <message>
            <source>The rerun was aborted: resume it before the next measurement.</source>
            <translation>Die Wiederholung wurde abgebrochen: Setzen Sie sie vor der nächsten Messung fort.</translation>
        </message>
        <message>
            <source>The run did not measure pixel (%1, %2), and nothing else is known of it.</source>
            <translation>Der Lauf hat Pixel (%1, %2) nicht gemessen, und sonst ist darüber nichts bekannt.</translation>
        </message>
        <message>
            <source>The measurement at pixel (%1, %2) was aborted.</source>
            <translation>Die Messung an Pixel (%1, %2) wurde abgebrochen.</translation>
        </message>
        <message>
            <source>The move of the stage was aborted.</source>
            <translation>Die Bewegung des Tisches wurde abgebrochen.</translation>
        </message>
        <message>
            <source>Cannot use %1: '%2' is '%3', which is not known.</source>
            <translation>%1 kann nicht verwendet werden: „%2“ ist „%3“, was nicht bekannt ist.</translation>
        </message>
        <message>
            <source>Cannot use %1: it is no JSON object (%2).</source>
            <translation>%1 kann nicht verwendet werden: Es ist kein JSON-Objekt (%2).</translation>
        </message>
        <message>
            <source>the scalarizer of %1</source>
            <translation>Skalarisierer von %1</translation>
        </message>
        <message>
            <source>The run's plan forbids pixels of a grid of %1 × %2, and its image has %3 × %4: its record is damaged.</source>
            <translation>Der Plan des Laufs sperrt Pixel eines Gitters von %1 × %2, und sein Bild hat %3 × %4: Die Aufzeichnung ist beschädigt.</translation>
        </message>
        <message>
            <source>The run has no step %1: it has %2.</source>
            <translation>Der Lauf hat keinen Schritt %1: Er hat %2.</translation>
        </message>
        <message>
            <source>The forbidden region has %1 × %2 pixels, the run's grid %3 × %4.</source>
            <translation>Der gesperrte Bereich hat %1 × %2 Pixel, das Gitter des Laufs %3 × %4.</translation>
        </message>
        <message>
            <source>Nothing is left to measure: every other pixel is forbidden. Avoid less.</source>
            <translation>Es ist nichts mehr zu messen: Jedes andere Pixel ist gesperrt. Meiden Sie weniger.</translation>
        </message>
        <message>
            <source>The run's model expected whole spectra, which its record does not keep: let the nearest measured pixel stand in instead.</source>
            <translation>Das Modell des Laufs erwartete ganze Spektren, die seine Aufzeichnung nicht enthält: Lassen Sie stattdessen das nächstgelegene gemessene Pixel einstehen.</translation>
        </message>
        <message>
            <source>A prediction is of the value it was made for: keep %1, or let the nearest measured pixel stand in.</source>
            <translation>Eine Vorhersage gilt dem Wert, für den sie gemacht wurde: Behalten Sie %1 bei, oder lassen Sie das nächstgelegene gemessene Pixel einstehen.</translation>
        </message>
        <message>
            <source>The run '%1' is not what the branch began from: its first %2 measurements are others.</source>
            <translation>Der Lauf „%1“ ist nicht der, von dem der Zweig ausging: Seine ersten %2 Messungen sind andere.</translation>
        </message>
        <message>
            <source>The sample has %1 × %2 pixels, the run '%3' %4 × %5: it is another one.</source>
            <translation>Die Probe hat %1 × %2 Pixel, der Lauf „%3“ %4 × %5: Es ist eine andere.</translation>
        </message>
        <message>
            <source>%1 is not what the run was made from: its sha256 is %2, and was %3. Go by the record instead, or bring the file back.</source>
            <translation>%1 ist nicht, woraus der Lauf entstand: Der sha256 ist %2 und war %3. Gehen Sie stattdessen nach der Aufzeichnung, oder holen Sie die Datei zurück.</translation>
        </message>
        <message>
            <source>%1: no regret, since the full scan takes %2 and would have to be read whole.</source>
            <translation>%1: kein Regret, da das volle Raster %2 braucht und ganz gelesen werden müsste.</translation>
        </message>
        <message>
            <source>%1: no regret, since the sample cannot be opened: %2</source>
            <translation>%1: kein Regret, da die Probe nicht geöffnet werden kann: %2</translation>
        </message>
        <message>
            <source>%1: its value was changed before step %2; its curves begin there.</source>
            <translation>%1: Der Wert wurde vor Schritt %2 geändert; die Kurven beginnen dort.</translation>
        </message>
        <message>
            <source>%1 and %2 explore different images: their paths and maps are of different places.</source>
            <translation>%1 und %2 erkunden verschiedene Bilder: Ihre Wege und Karten zeigen verschiedene Orte.</translation>
        </message>
        <message>
            <source>%1 and %2 look for different values: %3, %4.</source>
            <translation>%1 und %2 suchen nach verschiedenen Werten: %3, %4.</translation>
        </message>
        <message>
            <source>regret</source>
            <translation>Regret</translation>
        </message>
        <message>
            <source>mean σ</source>
            <translation>mittleres σ</translation>
        </message>
        <message>
            <source>RMSE</source>
            <translation>RMSE</translation>
        </message>
        <message>
            <source>mean absolute error</source>
            <translation>mittlerer absoluter Fehler</translation>
        </message>
        <message>
            <source>NLPD</source>
            <translation>NLPD</translation>
        </message>
        <message>
            <source>R²</source>
            <translation>R²</translation>
        </message>
        <message>
            <source>coverage of 95 % intervals</source>
            <translation>Überdeckung der 95-%-Intervalle</translation>
        </message>
        <message>
            <source>RMSE of all pixels</source>
            <translation>RMSE aller Pixel</translation>
        </message>
        <message>
            <source>NLPD of all pixels</source>
            <translation>NLPD aller Pixel</translation>
        </message>
        <message>
            <source>%1 runs cannot be compared: choose 1 to %2.</source>
            <translation>%1 Läufe können nicht verglichen werden: Wählen Sie 1 bis %2.</translation>
        </message>
        <message>
            <source>There is no run '%1' to compare.</source>
            <translation>Es gibt keinen Lauf „%1“ zum Vergleichen.</translation>
        </message>
        <message>
            <source>There is no curve '%1'.</source>
            <translation>Es gibt keine Kurve „%1“.</translation>
        </message>
        <message>
            <source>measured pixels</source>
            <translation>gemessene Pixel</translation>
        </message>
        <message>
            <source>: median and quartiles of %1 runs</source>
            <translation>: Median und Quartile von %1 Läufen</translation>
        </message>
        <message>
            <source> (as recorded)</source>
            <translation> (wie aufgezeichnet)</translation>
        </message>
        <message>
            <source>There is no curve to draw: nothing was measured, or nothing is known of it.</source>
            <translation>Es gibt keine Kurve zu zeichnen: Nichts wurde gemessen, oder nichts ist darüber bekannt.</translation>
        </message>
        <message>
            <source>The run keeps no map of what its model expected: let the nearest measured pixel stand in instead.</source>
            <translation>Der Lauf hat keine Karte dessen, was sein Modell erwartete: Lassen Sie stattdessen das nächstgelegene gemessene Pixel einstehen.</translation>
        </message>
        <message>
            <source>the record of '%1'</source>
            <translation>Aufzeichnung von „%1“</translation>
        </message>
        <message>
            <source>A measurement cannot last %1 times its dwell: give a factor from 0 to 1000.</source>
            <translation>Eine Messung kann nicht das %1-Fache ihrer Verweilzeit dauern: Geben Sie einen Faktor von 0 bis 1000 an.</translation>
        </message>
        <message>
            <source>nearest measured</source>
            <translation>nächstgelegenes gemessenes</translation>
        </message>
        <message>
            <source>predicted</source>
            <translation>vorhergesagt</translation>
        </message>
        <message>
            <source>size of the survey image</source>
            <translation>Größe des Übersichtsbilds</translation>
        </message>
        <message>
            <source>energy axis</source>
            <translation>Energieachse</translation>
        </message>
        <message>
            <source>pixel</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <source>reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>source</source>
            <translation>Quelle</translation>
        </message>
        <message>
            <source>number of steps</source>
            <translation>Zahl der Schritte</translation>
        </message>
        <message>
            <source>vetoed pixel</source>
            <translation>mit Veto belegtes Pixel</translation>
        </message>
        <message>
            <source>channels of the spectrum</source>
            <translation>Kanäle des Spektrums</translation>
        </message>
        <message>
            <source>channel %1 of the spectrum</source>
            <translation>Kanal %1 des Spektrums</translation>
        </message>
        <message>
            <source>what was watched</source>
            <translation>Überwachtes</translation>
        </message>
        <message>
            <source>model (its hash)</source>
            <translation>Modell (sein Hash)</translation>
        </message>
        <message>
            <source>next pixel</source>
            <translation>nächstes Pixel</translation>
        </message>
        <message>
            <source>map of means</source>
            <translation>Karte der Mittelwerte</translation>
        </message>
        <message>
            <source>map of deviations</source>
            <translation>Karte der Standardabweichungen</translation>
        </message>
        <message>
            <source>map of noise</source>
            <translation>Karte des Rauschens</translation>
        </message>
        <message>
            <source>map of the acquisition</source>
            <translation>Karte der Akquisition</translation>
        </message>
        <message>
            <source>maps (their hash)</source>
            <translation>Karten (ihr Hash)</translation>
        </message>
        <message>
            <source>The run was measured at %1, and to measure again would expose the sample: verify it by its record.</source>
            <translation>Der Lauf wurde an %1 gemessen, und erneut zu messen würde die Probe belasten: Prüfen Sie ihn anhand seiner Aufzeichnung.</translation>
        </message>
        <message>
            <source>different before the first step: %1: recorded %2, now %3</source>
            <translation>verschieden vor dem ersten Schritt: %1: aufgezeichnet %2, jetzt %3</translation>
        </message>
        <message>
            <source>different at step %1: %2: recorded %3, now %4</source>
            <translation>verschieden bei Schritt %1: %2: aufgezeichnet %3, jetzt %4</translation>
        </message>
        <message>
            <source>%1 steps, %2 maps</source>
            <translation>%1 Schritte, %2 Karten</translation>
        </message>
        <message>
            <source>stopped; identical so far: %1</source>
            <translation>angehalten; identisch bis hierher: %1</translation>
        </message>
        <message>
            <source>equal within a relative difference of %1: %2</source>
            <translation>gleich bis auf einen relativen Unterschied von %1: %2</translation>
        </message>
        <message>
            <source>identical: %1</source>
            <translation>identisch: %1</translation>
        </message>
        <message>
            <source>The run cannot go on as it was: done again, it is %1. Branch from its last step instead.</source>
            <translation>Der Lauf kann nicht weitergehen, wie er war: Wiederholt ist er %1. Verzweigen Sie stattdessen ab seinem letzten Schritt.</translation>
        </message>
        <message>
            <source>The plan predicts spectra, but %1 answers single values.</source>
            <translation>Der Plan sagt Spektren vorher, aber %1 liefert einzelne Werte.</translation>
        </message>
        <message>
            <source>The plan averages %1 channels into one, but the spectra have only %2.</source>
            <translation>Der Plan mittelt %1 Kanäle zu einem, aber die Spektren haben nur %2.</translation>
        </message>
        <message>
            <source>No pixel of %1 can be explored: no patch of %2 × %2 image pixels lies inside the image and holds only finite numbers.</source>
            <translation>Kein Pixel von %1 kann erkundet werden: Kein Ausschnitt von %2 × %2 Bildpixeln liegt innerhalb des Bildes und enthält nur endliche Zahlen.</translation>
        </message>
        <message>
            <source>The plan's dwell time of %1 s lies outside of what %2 can do: %3 to %4 s.</source>
            <translation>Die Verweilzeit des Plans von %1 s liegt außerhalb dessen, was %2 kann: %3 bis %4 s.</translation>
        </message>
        <message>
            <source>Predicting %1 channels at %2 pixels needs too much memory: average more channels into one.</source>
            <translation>Das Vorhersagen von %1 Kanälen an %2 Pixeln braucht zu viel Speicher: Mitteln Sie mehr Kanäle zu einem.</translation>
        </message>
        <message>
            <source>too few predictions to judge σ (%1)</source>
            <translation>zu wenige Vorhersagen, um σ zu beurteilen (%1)</translation>
        </message>
        <message>
            <source>σ fits most values so far</source>
            <translation>σ passt bisher zu den meisten Werten</translation>
        </message>
        <message>
            <source>σ fits so far</source>
            <translation>σ passt bisher</translation>
        </message>
        <message>
            <source>σ is about %1 times too narrow</source>
            <translation>σ ist etwa %1-mal zu schmal</translation>
        </message>
        <message>
            <source>σ is about %1 times too wide</source>
            <translation>σ ist etwa %1-mal zu breit</translation>
        </message>
        <message>
            <source>%1 (%2 predictions)</source>
            <translation>%1 (%2 Vorhersagen)</translation>
        </message>
        <message>
            <source>far outside even so: %1 (outliers, drift, or a σ too narrow in places)</source>
            <translation>auch dann weit außerhalb: %1 (Ausreißer, Drift oder ein stellenweise zu schmales σ)</translation>
        </message>
        <message>
            <source>values come out %1 σ lower than predicted on average</source>
            <translation>Werte fallen im Mittel um %1 σ niedriger aus als vorhergesagt</translation>
        </message>
        <message>
            <source>values come out %1 σ higher than predicted on average</source>
            <translation>Werte fallen im Mittel um %1 σ höher aus als vorhergesagt</translation>
        </message>
        <message>
            <source>σ %1 × too narrow</source>
            <translation>σ %1 × zu schmal</translation>
        </message>
        <message>
            <source>σ %1 × too wide</source>
            <translation>σ %1 × zu breit</translation>
        </message>
        <message>
            <source>σ not judged yet</source>
            <translation>σ noch nicht beurteilt</translation>
        </message>
        <message>
            <source>σ fits most values</source>
            <translation>σ passt zu den meisten Werten</translation>
        </message>
        <message>
            <source>Cannot go on with %1: it has %2 bytes, and %3 were read from it.</source>
            <translation>%1 kann nicht fortgesetzt werden: Die Datei hat %2 Bytes, gelesen wurden %3.</translation>
        </message>
        <message>
            <source>Cannot copy %1 to %2: %3.</source>
            <translation>%1 kann nicht nach %2 kopiert werden: %3.</translation>
        </message>
        <message>
            <source>'%1' is no md5 of a file.</source>
            <translation>„%1“ ist kein MD5 einer Datei.</translation>
        </message>
        <message>
            <source>'%1' is no file of the workspace %2.</source>
            <translation>„%1“ ist keine Datei des Arbeitsbereichs %2.</translation>
        </message>
        <message>
            <source>Cannot store %1: it is not a file.</source>
            <translation>%1 kann nicht abgelegt werden: Es ist keine Datei.</translation>
        </message>
        <message>
            <source>The content %1 is not in the cache of %2. Pull it from where it was pushed to.</source>
            <translation>Der Inhalt %1 ist nicht im Cache von %2. Von dort herunterladen, wohin er hochgeladen wurde.</translation>
        </message>
        <message>
            <source>Cannot restore %1: a file is there already.</source>
            <translation>%1 kann nicht wiederhergestellt werden: Es gibt dort bereits eine Datei.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is too long for a file of DVC.</source>
            <translation>%1 kann nicht gelesen werden: zu lang für eine Datei von DVC.</translation>
        </message>
        <message>
            <source>it does not name one output</source>
            <translation>es ist nicht genau eine Ausgabe genannt</translation>
        </message>
        <message>
            <source>its hash is not DVC 3's md5</source>
            <translation>der Hash ist kein MD5 von DVC 3</translation>
        </message>
        <message>
            <source>Cannot read %1: '%2' is no md5 of a file.</source>
            <translation>%1 kann nicht gelesen werden: „%2“ ist kein MD5 einer Datei.</translation>
        </message>
        <message>
            <source>Cannot read %1: its path '%2' is no file beside it.</source>
            <translation>%1 kann nicht gelesen werden: Der Pfad „%2“ ist keine Datei im selben Ordner.</translation>
        </message>
        <message>
            <source>"%1" cannot be the name of a run: give another (letters, digits, -, _ and ., up to 200).</source>
            <translation>„%1“ kann kein Name eines Laufs sein: einen anderen angeben (Buchstaben, Ziffern, -, _ und ., höchstens 200).</translation>
        </message>
        <message>
            <source>There is a run %1 in %2 already: give this one another name.</source>
            <translation>In %2 gibt es bereits einen Lauf %1: diesem einen anderen Namen geben.</translation>
        </message>
        <message>
            <source>Stopped; nothing was imported.</source>
            <translation>Angehalten; nichts wurde importiert.</translation>
        </message>
        <message>
            <source>Stopped: %1 of %2 steps of %3 were imported.</source>
            <translation>Angehalten: %1 von %2 Schritten von %3 wurden importiert.</translation>
        </message>
        <message>
            <source>An execution of the lineage can stand for 1 to %1 steps, not %2.</source>
            <translation>Eine Ausführung der Herkunft kann für 1 bis %1 Schritte stehen, nicht für %2.</translation>
        </message>
        <message>
            <source>Cannot add a mark to %1.</source>
            <translation>Zu %1 kann keine Marke hinzugefügt werden.</translation>
        </message>
        <message>
            <source>The survey image of %1 is lost.</source>
            <translation>Das Übersichtsbild von %1 ist verloren.</translation>
        </message>
        <message>
            <source>The spectra of %1 steps in %2 are lost or damaged.</source>
            <translation>Die Spektren von %1 Schritten in %2 sind verloren oder beschädigt.</translation>
        </message>
        <message>
            <source>Run %1 is damaged: %2 measurements of it can be told; the files are left as they are.%3</source>
            <translation>Lauf %1 ist beschädigt: %2 Messungen davon sind lesbar; die Dateien bleiben, wie sie sind.%3</translation>
        </message>
        <message>
            <source>Run %1 had ended and was not put in order: all %2 measurements are whole.%3</source>
            <translation>Lauf %1 war beendet, aber nicht in Ordnung gebracht: Alle %2 Messungen sind vollständig.%3</translation>
        </message>
        <message>
            <source>Run %1 was cut off after %2 of %3 measurements: all %2 are whole.%4</source>
            <translation>Lauf %1 wurde nach %2 von %3 Messungen abgeschnitten: Alle %2 sind vollständig.%4</translation>
        </message>
        <message>
            <source> It can go on.</source>
            <translation> Er kann weitergehen.</translation>
        </message>
        <message>
            <source>Version %1 of %2 has no run %3.</source>
            <translation>Version %1 von %2 enthält keinen Lauf %3.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is no plan of a run.</source>
            <translation>%1 kann nicht gelesen werden: Es ist kein Plan eines Laufs.</translation>
        </message>
        <message>
            <source>Cannot use %1: it does not say how many rows and columns the run has.</source>
            <translation>%1 kann nicht verwendet werden: Es fehlt, wie viele Zeilen und Spalten der Lauf hat.</translation>
        </message>
        <message>
            <source>Cannot read %1: it is larger than 1 GiB, which no run of ours is.</source>
            <translation>%1 kann nicht gelesen werden: größer als 1 GiB, was kein Lauf von Helmscope ist.</translation>
        </message>
        <message>
            <source>Line %1 of %2 is longer than 16 MiB and is not read.</source>
            <translation>Zeile %1 von %2 ist länger als 16 MiB und wird nicht gelesen.</translation>
        </message>
        <message>
            <source>Line %1 of %2 is damaged: its sum is wrong.</source>
            <translation>Zeile %1 von %2 ist beschädigt: Die Prüfsumme stimmt nicht.</translation>
        </message>
        <message>
            <source>line %1 of %2</source>
            <translation>Zeile %1 von %2</translation>
        </message>
        <message>
            <source>Cannot use %1: its outcome is not known.</source>
            <translation>%1 kann nicht verwendet werden: Der Ausgang ist unbekannt.</translation>
        </message>
        <message>
            <source>Cannot use %1: the run had ended before it.</source>
            <translation>%1 kann nicht verwendet werden: Der Lauf war vorher zu Ende.</translation>
        </message>
        <message>
            <source>Cannot use %1: it holds step %2.</source>
            <translation>%1 kann nicht verwendet werden: Dort steht Schritt %2.</translation>
        </message>
        <message>
            <source>%1 The run goes on, but its recording ends here; what was recorded lies in %2.</source>
            <translation>%1 Der Lauf geht weiter, aber seine Aufzeichnung endet hier; das Aufgezeichnete liegt in %2.</translation>
        </message>
        <message>
            <source>%1 is in use by another program.</source>
            <translation>%1 wird von einem anderen Programm benutzt.</translation>
        </message>
        <message>
            <source>%1 Recording goes on in %2 instead of %3, and comes home when the workspace is opened and can be written again.</source>
            <translation>%1 Die Aufzeichnung geht in %2 statt in %3 weiter und kommt zurück, sobald der Arbeitsbereich geöffnet wird und wieder beschreibbar ist.</translation>
        </message>
        <message>
            <source>%1 Nor can it be recorded in %2: %3 The run goes on, but its recording ends here.</source>
            <translation>%1 Auch in %2 kann nicht aufgezeichnet werden: %3 Der Lauf geht weiter, aber seine Aufzeichnung endet hier.</translation>
        </message>
        <message>
            <source>%1 The run is recorded all the same; its version is committed once that is possible.</source>
            <translation>%1 Der Lauf wird trotzdem aufgezeichnet; seine Version wird gespeichert, sobald das möglich ist.</translation>
        </message>
        <message>
            <source>Run %1 is being recorded by another program.</source>
            <translation>Lauf %1 wird gerade von einem anderen Programm aufgezeichnet.</translation>
        </message>
        <message>
            <source>Run %1 has ended and cannot go on; branch from it instead.</source>
            <translation>Lauf %1 ist beendet und kann nicht weitergehen; stattdessen davon abzweigen.</translation>
        </message>
        <message>
            <source>Cannot go on with run %1: %2 steps are recorded, not %3.</source>
            <translation>Lauf %1 kann nicht weitergehen: %2 Schritte sind aufgezeichnet, nicht %3.</translation>
        </message>
        <message>
            <source>%1 The run goes on without being recorded.</source>
            <translation>%1 Der Lauf geht ohne Aufzeichnung weiter.</translation>
        </message>
        <message>
            <source>Step %1 of this rerun measured another pixel than was recorded: run %2 stays as it was, and what follows is not recorded.</source>
            <translation>Schritt %1 dieser Wiederholung maß ein anderes Pixel als aufgezeichnet: Lauf %2 bleibt, wie er war, und das Folgende wird nicht aufgezeichnet.</translation>
        </message>
        <message>
            <source>Cannot commit in %1: another program has been committing for 5 s (%2).</source>
            <translation>In %1 kann keine Version gespeichert werden: Ein anderes Programm speichert dort seit 5 s (%2).</translation>
        </message>
        <message>
            <source>Run %1 in %2 is another one than that in %3: move one of them away.</source>
            <translation>Lauf %1 in %2 ist ein anderer als der in %3: einen davon verschieben.</translation>
        </message>
        <message>
            <source>Run %1 still lies in %2: %3</source>
            <translation>Lauf %1 liegt noch in %2: %3</translation>
        </message>
        <message>
            <source>Run %1 is going on: it can be pushed when it has ended.</source>
            <translation>Lauf %1 ist noch im Gange: Er kann hochgeladen werden, wenn er beendet ist.</translation>
        </message>
        <message>
            <source>Versions go as they were committed, with names of people and samples: untick them where that must stay here.</source>
            <translation>Versionen werden übertragen, wie sie gespeichert wurden, mit Namen von Personen und Proben: abwählen, wo diese hier bleiben müssen.</translation>
        </message>
        <message>
            <source>other executions</source>
            <translation>andere Ausführungen</translation>
        </message>
        <message>
            <source>%1 (%2 times)</source>
            <translation>%1 (%2-mal)</translation>
        </message>
        <message>
            <source>Texts too long for the server stay here: there is no remote for artifacts.</source>
            <translation>Texte, die für den Server zu lang sind, bleiben hier: Es gibt keine Gegenstelle für Artefakte.</translation>
        </message>
        <message>
            <source>%1 is neither here nor there: its content is lost to this workspace.</source>
            <translation>%1 ist weder hier noch dort: Der Inhalt ist für diesen Arbeitsbereich verloren.</translation>
        </message>
        <message>
            <source>other files</source>
            <translation>andere Dateien</translation>
        </message>
        <message>
            <source>%1 has no pipelines.</source>
            <translation>%1 hat keine Pipelines.</translation>
        </message>
        <message>
            <source>%1 has nothing of what was asked for: look at its pipelines first.</source>
            <translation>%1 hat nichts von dem Gewünschten: zuerst die Pipelines dort ansehen.</translation>
        </message>
        <message>
            <source>%1 executions came, %2 of them are new here.</source>
            <translation>%1 Ausführungen sind angekommen, %2 davon sind hier neu.</translation>
        </message>
        <message>
            <source>%1 of %2 is "%3" there, "%4" here.</source>
            <translation>%1 von %2 ist dort „%3“, hier „%4“.</translation>
        </message>
        <message>
            <source>%1 of %2 files came (%3).</source>
            <translation>%1 von %2 Dateien sind angekommen (%3).</translation>
        </message>
        <message>
            <source>The content %1 is not here.</source>
            <translation>Der Inhalt %1 ist nicht hier.</translation>
        </message>
        <message>
            <source>Sent %1 of %2 files (%3); %4 were there.</source>
            <translation>%1 von %2 Dateien hochgeladen (%3); %4 waren schon dort.</translation>
        </message>
        <message>
            <source>%1 has no pipeline %2.</source>
            <translation>%1 hat keine Pipeline %2.</translation>
        </message>
        <message>
            <source>%1 is a hub of Helmscope with %2 pipelines.</source>
            <translation>%1 ist ein Hub von Helmscope mit %2 Pipelines.</translation>
        </message>
        <message>
            <source>%1 is a CMF server (generation %2) with %3 pipelines.</source>
            <translation>%1 ist ein CMF-Server (Generation %2) mit %3 Pipelines.</translation>
        </message>
        <message>
            <source>%1 can be reached: artifacts can be looked for there.</source>
            <translation>%1 ist erreichbar: Artefakte können dort gesucht werden.</translation>
        </message>
        <message>
            <source>There is no remote %1 in %2: add it first.</source>
            <translation>In %2 gibt es keine Gegenstelle %1: zuerst hinzufügen.</translation>
        </message>
        <message>
            <source>Another program pushes or pulls in %1: wait until it is done.</source>
            <translation>In %1 ist ein anderes Programm beim Hoch- oder Herunterladen: warten, bis es fertig ist.</translation>
        </message>
        <message>
            <source>What was pulled</source>
            <translation>Heruntergeladenes</translation>
        </message>
        <message>
            <source>%1 has versions of %2 that are not here: pull first.</source>
            <translation>%1 hat Versionen von %2, die hier fehlen: zuerst herunterladen.</translation>
        </message>
        <message>
            <source>%1 refuses %2: %3</source>
            <translation>%1 lehnt %2 ab: %3</translation>
        </message>
        <message>
            <source>%1 of %2 branches are there.</source>
            <translation>%1 von %2 Zweigen sind dort.</translation>
        </message>
        <message>
            <source>%1 references came; there is no branch there to join with ours.</source>
            <translation>%1 Referenzen sind angekommen; dort gibt es keinen Zweig, der sich mit dem hiesigen zusammenführen ließe.</translation>
        </message>
        <message>
            <source>%1 stays as it is here: it was changed and not committed.</source>
            <translation>%1 bleibt hier unverändert: Es wurde geändert und nicht als Version gespeichert.</translation>
        </message>
        <message>
            <source>%1 is now as %2.</source>
            <translation>%1 ist jetzt auf dem Stand von %2.</translation>
        </message>
        <message>
            <source>%1 and %2 are joined.</source>
            <translation>%1 und %2 sind zusammengeführt.</translation>
        </message>
        <message>
            <source>%1 and %2 have no common beginning: they are shown side by side, not joined.</source>
            <translation>%1 und %2 haben keinen gemeinsamen Anfang: Sie werden nebeneinander gezeigt, nicht zusammengeführt.</translation>
        </message>
        <message>
            <source>%1 files were changed here and there: choose one side for each, then pull again.</source>
            <translation>%1 Dateien wurden hier und dort geändert: für jede eine Seite wählen, dann erneut herunterladen.</translation>
        </message>
        <message>
            <source>%1 is a git repository with %2 branches and tags.</source>
            <translation>%1 ist ein Git-Repository mit %2 Zweigen und Tags.</translation>
        </message>
        <message>
            <source>Cannot read %1 of this version: %2.</source>
            <translation>%1 dieser Version kann nicht gelesen werden: %2.</translation>
        </message>
        <message>
            <source>Cannot read %1 of this version: it is no plan of a run.</source>
            <translation>%1 dieser Version kann nicht gelesen werden: Es ist kein Plan eines Laufs.</translation>
        </message>
        <message>
            <source>finished</source>
            <translation>beendet</translation>
        </message>
        <message>
            <source>ended as its time was up</source>
            <translation>beendet, weil die Zeit um war</translation>
        </message>
        <message>
            <source>ended on a plateau</source>
            <translation>auf einem Plateau beendet</translation>
        </message>
        <message>
            <source>was stopped</source>
            <translation>angehalten</translation>
        </message>
        <message>
            <source>ended with nothing left to measure</source>
            <translation>beendet, weil nichts mehr zu messen war</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>fehlgeschlagen</translation>
        </message>
        <message>
            <source>ended (%1)</source>
            <translation>beendet (%1)</translation>
        </message>
        <message>
            <source>Run %1: %2.</source>
            <translation>Lauf %1: %2.</translation>
        </message>
        <message>
            <source>1 file changed</source>
            <translation>1 Datei geändert</translation>
        </message>
        <message>
            <source>%1 files changed</source>
            <translation>%1 Dateien geändert</translation>
        </message>
        <message>
            <source>Run %1 is taken out.</source>
            <translation>Lauf %1 ist herausgenommen.</translation>
        </message>
        <message>
            <source>The plan of run %1 changed</source>
            <translation>Der Plan von Lauf %1 wurde geändert</translation>
        </message>
        <message>
            <source>Run %1 begins: %2.</source>
            <translation>Lauf %1 beginnt: %2.</translation>
        </message>
        <message>
            <source>Run %1 branches from step %2 of run %3: %4.</source>
            <translation>Lauf %1 zweigt bei Schritt %2 von Lauf %3 ab: %4.</translation>
        </message>
        <message>
            <source>This version does not have run %1.</source>
            <translation>Diese Version enthält Lauf %1 nicht.</translation>
        </message>
        <message>
            <source>Against run %1</source>
            <translation>Gegenüber Lauf %1</translation>
        </message>
        <message>
            <source>%1: the same plan.</source>
            <translation>%1: derselbe Plan.</translation>
        </message>
        <message>
            <source>%1: %2.</source>
            <translation>%1: %2.</translation>
        </message>
        <message>
            <source>Run %1: step %2 was added.</source>
            <translation>Lauf %1: Schritt %2 kam hinzu.</translation>
        </message>
        <message>
            <source>Run %1: %2 steps were added (%3 to %4).</source>
            <translation>Lauf %1: %2 Schritte kamen hinzu (%3 bis %4).</translation>
        </message>
        <message>
            <source>Run %1: %2 steps fewer than before.</source>
            <translation>Lauf %1: %2 Schritte weniger als zuvor.</translation>
        </message>
        <message>
            <source>Run %1 %2 after %3.</source>
            <translation>Lauf %1: %2 (%3).</translation>
        </message>
        <message>
            <source>1 step</source>
            <translation>1 Schritt</translation>
        </message>
        <message>
            <source>Run %1 goes on.</source>
            <translation>Lauf %1 geht weiter.</translation>
        </message>
        <message>
            <source>Mark at step %1: %2</source>
            <translation>Marke bei Schritt %1: %2</translation>
        </message>
        <message>
            <source>And %1 more marks.</source>
            <translation>Und %1 weitere Marken.</translation>
        </message>
        <message>
            <source>Its recording, %1, is kept.</source>
            <translation>Die Aufzeichnung %1 wird behalten.</translation>
        </message>
        <message>
            <source>Joins %1 lines of work.</source>
            <translation>Führt %1 Entwicklungslinien zusammen.</translation>
        </message>
        <message>
            <source>And %1 more runs changed.</source>
            <translation>Und %1 weitere Läufe wurden geändert.</translation>
        </message>
        <message>
            <source>Besides the runs: %1.</source>
            <translation>Außer den Läufen: %1.</translation>
        </message>
        <message>
            <source>No run changed: %1.</source>
            <translation>Kein Lauf wurde geändert: %1.</translation>
        </message>
        <message>
            <source>No file changed.</source>
            <translation>Keine Datei wurde geändert.</translation>
        </message>
        <message>
            <source>Cannot make the folder %1/runs.</source>
            <translation>Der Ordner %1/runs kann nicht angelegt werden.</translation>
        </message>
        <message>
            <source>%1 is no workspace of Helmscope: make one of it first.</source>
            <translation>%1 ist kein Arbeitsbereich von Helmscope: zuerst als solchen einrichten.</translation>
        </message>
        <message>
            <source>'%1' is no name of a run.</source>
            <translation>„%1“ ist kein Name eines Laufs.</translation>
        </message>
        <message>
            <source>Nothing can be written in %1: runs are recorded in %2 until that changes.</source>
            <translation>In %1 kann nichts geschrieben werden: Bis sich das ändert, werden Läufe in %2 aufgezeichnet.</translation>
        </message>
        <message>
            <source>There are only %1 MB left on the disk of %2: make room before a run.</source>
            <translation>Auf dem Datenträger von %2 sind nur noch %1 MB frei: vor einem Lauf Platz schaffen.</translation>
        </message>
        <message>
            <source>The git repository %1 is in the middle of a merge or the like: runs are recorded, and their versions follow once that is done.</source>
            <translation>Im Git-Repository %1 läuft gerade ein Merge oder Ähnliches: Läufe werden aufgezeichnet; ihre Versionen folgen, sobald das abgeschlossen ist.</translation>
        </message>
        <message>
            <source>Git does not know who you are in %1: runs are recorded, and their versions follow once it does.</source>
            <translation>Git weiß in %1 nicht, wer Sie sind: Läufe werden aufgezeichnet; ihre Versionen folgen, sobald Git es weiß.</translation>
        </message>
        <message>
            <source>background</source>
            <translation>Untergrund</translation>
        </message>
        <message>
            <source>divided by</source>
            <translation>geteilt durch</translation>
        </message>
        <message>
            <source>peak height</source>
            <translation>Peakhöhe</translation>
        </message>
        <message>
            <source>peak energy</source>
            <translation>Peakenergie</translation>
        </message>
        <message>
            <source>band</source>
            <translation>Band</translation>
        </message>
        <message>
            <source>mean</source>
            <translation>Mittelwert</translation>
        </message>
        <message>
            <source>Executions</source>
            <translation>Ausführungen</translation>
        </message>
        <message>
            <source>Datasets</source>
            <translation>Datensätze</translation>
        </message>
        <message>
            <source>Models</source>
            <translation>Modelle</translation>
        </message>
        <message>
            <source>Metrics</source>
            <translation>Metriken</translation>
        </message>
        <message>
            <source>Step metrics</source>
            <translation>Schrittmetriken</translation>
        </message>
        <message>
            <source>Dataslices</source>
            <translation>Dataslices</translation>
        </message>
        <message>
            <source>Environments</source>
            <translation>Umgebungen</translation>
        </message>
        <message>
            <source>Labels</source>
            <translation>Labels</translation>
        </message>
        <message>
            <source>Others</source>
            <translation>Sonstige</translation>
        </message>
        <message>
            <source>1 execution</source>
            <translation>1 Ausführung</translation>
        </message>
        <message>
            <source>%1 executions</source>
            <translation>%1 Ausführungen</translation>
        </message>
        <message>
            <source>1 dataset</source>
            <translation>1 Datensatz</translation>
        </message>
        <message>
            <source>%1 datasets</source>
            <translation>%1 Datensätze</translation>
        </message>
        <message>
            <source>1 model</source>
            <translation>1 Modell</translation>
        </message>
        <message>
            <source>%1 models</source>
            <translation>%1 Modelle</translation>
        </message>
        <message>
            <source>1 metrics</source>
            <translation>1 Metrik</translation>
        </message>
        <message>
            <source>%1 metrics</source>
            <translation>%1 Metriken</translation>
        </message>
        <message>
            <source>1 step metrics</source>
            <translation>1 Schrittmetrik</translation>
        </message>
        <message>
            <source>%1 step metrics</source>
            <translation>%1 Schrittmetriken</translation>
        </message>
        <message>
            <source>1 dataslice</source>
            <translation>1 Dataslice</translation>
        </message>
        <message>
            <source>%1 dataslices</source>
            <translation>%1 Dataslices</translation>
        </message>
        <message>
            <source>1 environment</source>
            <translation>1 Umgebung</translation>
        </message>
        <message>
            <source>%1 environments</source>
            <translation>%1 Umgebungen</translation>
        </message>
        <message>
            <source>1 label</source>
            <translation>1 Label</translation>
        </message>
        <message>
            <source>%1 labels</source>
            <translation>%1 Labels</translation>
        </message>
        <message>
            <source>1 other</source>
            <translation>1 sonstiges</translation>
        </message>
        <message>
            <source>%1 others</source>
            <translation>%1 sonstige</translation>
        </message>
        <message>
            <source>%1 %2 to %3</source>
            <comment>stage, steps</comment>
            <translation>%1 %2 bis %3</translation>
        </message>
        <message>
            <source>%1 %2</source>
            <comment>stage, step</comment>
            <translation>%1 %2</translation>
        </message>
        <message>
            <source>%1 %2</source>
            <comment>piece, step</comment>
            <translation>%1 %2</translation>
        </message>
        <message>
            <source>true</source>
            <translation>wahr</translation>
        </message>
        <message>
            <source>false</source>
            <translation>falsch</translation>
        </message>
        <message>
            <source>%1 bytes</source>
            <translation>%1 Bytes</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Unattended</name>
        <message>
            <source>Run: %1</source>
            <translation>Lauf: %1</translation>
        </message>
    </context>
    <context>
        <name>helmscope::UnattendedLineage</name>
        <message>
            <source>There is no node '%1' in this lineage.</source>
            <translation>In dieser Herkunft gibt es keinen Knoten „%1“.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ViewLinks</name>
        <message>
            <source>Linked, the maps share cursor, selection and zoom; not linked, this one is moved by itself.</source>
            <translation>Verknüpft teilen sich die Karten Cursor, Auswahl und Zoom; nicht verknüpft wird diese für sich bewegt.</translation>
        </message>
        <message>
            <source>%1: linked with the other maps</source>
            <translation>%1: mit den anderen Karten verknüpft</translation>
        </message>
        <message>
            <source>Lin&amp;ked with the other maps</source>
            <translation>Mit den anderen Karten &amp;verknüpft</translation>
        </message>
        <message>
            <source>&amp;Share limits with</source>
            <translation>Gren&amp;zen teilen mit</translation>
        </message>
        <message>
            <source>The same colour is then the same value in both.</source>
            <translation>Dieselbe Farbe ist dann in beiden derselbe Wert.</translation>
        </message>
        <message>
            <source>Linked: shares cursor, selection and zoom with the other maps.</source>
            <translation>Verknüpft: teilt Cursor, Auswahl und Zoom mit den anderen Karten.</translation>
        </message>
        <message>
            <source>Not linked: cursor, selection and zoom are its own.</source>
            <translation>Nicht verknüpft: eigener Cursor, eigene Auswahl und eigener Zoom.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::WatchDialog</name>
        <message>
            <source>image every %1</source>
            <translation>Bild alle %1</translation>
        </message>
        <message>
            <source>image at %1 nm</source>
            <translation>Bild bei %1 nm</translation>
        </message>
        <message>
            <source>reference every %1</source>
            <translation>Referenz alle %1</translation>
        </message>
        <message>
            <source>no poor patches</source>
            <translation>keine schlechten Ausschnitte</translation>
        </message>
        <message>
            <source>overlapped</source>
            <translation>überlappt</translation>
        </message>
        <message>
            <source>nothing</source>
            <translation>nichts</translation>
        </message>
        <message>
            <source>never</source>
            <translation>nie</translation>
        </message>
        <message>
            <source> measurements</source>
            <translation> Messungen</translation>
        </message>
        <message>
            <source>Watch over the instrument</source>
            <translation>Gerät überwachen</translation>
        </message>
        <message>
            <source>Drift and focus</source>
            <translation>Drift und Fokus</translation>
        </message>
        <message>
            <source>New survey image every</source>
            <translation>Neues Übersichtsbild alle</translation>
        </message>
        <message>
            <source>The beam follows the sample by where the new image shows it. Off: 0, and nothing is corrected.</source>
            <translation>Der Strahl folgt der Probe dorthin, wo das neue Bild sie zeigt. Aus: 0, dann wird nichts korrigiert.</translation>
        </message>
        <message>
            <source>also after a drift of</source>
            <translation>auch nach einer Drift von</translation>
        </message>
        <message>
            <source> nm</source>
            <translation> nm</translation>
        </message>
        <message>
            <source>As fast as it was between the last two images. 0: only by count.</source>
            <translation>So schnell wie zwischen den letzten zwei Bildern. 0: nur nach Anzahl.</translation>
        </message>
        <message>
            <source>Follow the drift between images</source>
            <translation>Der Drift zwischen Bildern folgen</translation>
        </message>
        <message>
            <source>The beam goes on as fast as the sample moved between the last two images, instead of waiting for the next one. Such steps are marked as extrapolated.</source>
            <translation>Der Strahl wandert so schnell weiter, wie sich die Probe zwischen den letzten beiden Bildern bewegt hat, statt auf das nächste zu warten. Solche Schritte werden als extrapoliert gekennzeichnet.</translation>
        </message>
        <message>
            <source>Least likeness</source>
            <translation>Mindestähnlichkeit</translation>
        </message>
        <message>
            <source>How alike, from 0 to 1, a new image and the first one must be once laid over each other: under it the run pauses, because the shift cannot be told.</source>
            <translation>Wie ähnlich sich, von 0 bis 1, ein neues Bild und das erste sein müssen, sobald sie übereinandergelegt sind: Darunter macht der Lauf Pause, weil sich die Verschiebung nicht bestimmen lässt.</translation>
        </message>
        <message>
            <source>Image quality</source>
            <translation>Bildqualität</translation>
        </message>
        <message>
            <source>Leave out poor patches</source>
            <translation>Schlechte Ausschnitte auslassen</translation>
        </message>
        <message>
            <source>Pixels whose patch is saturated, charged, blank or blurred are never measured. Poor patches are marked in the image and in the steps in any case.</source>
            <translation>Pixel, deren Ausschnitt gesättigt, aufgeladen, leer oder unscharf ist, werden nie gemessen. Schlechte Ausschnitte werden in jedem Fall im Bild und in den Schritten markiert.</translation>
        </message>
        <message>
            <source>Blurred under</source>
            <translation>Unscharf unter</translation>
        </message>
        <message>
            <source> × median</source>
            <translation> × Median</translation>
        </message>
        <message>
            <source>Sharpness of a patch, as a part of the median patch's.</source>
            <translation>Schärfe eines Ausschnitts, als Anteil der des mittleren Ausschnitts (Median).</translation>
        </message>
        <message>
            <source>Contamination and damage</source>
            <translation>Kontamination und Schädigung</translation>
        </message>
        <message>
            <source>Measure a reference every</source>
            <translation>Referenz messen alle</translation>
        </message>
        <message>
            <source>The same place again and again: what changes there, the beam has done. It costs dose, at that place and in all.</source>
            <translation>Immer wieder dieselbe Stelle: Was sich dort ändert, hat der Strahl getan. Das kostet Dosis, an dieser Stelle und insgesamt.</translation>
        </message>
        <message>
            <source>at a pixel of its own:</source>
            <translation>an einem eigenen Pixel:</translation>
        </message>
        <message>
            <source>Else the first pixel that is measured.</source>
            <translation>Sonst das erste gemessene Pixel.</translation>
        </message>
        <message>
            <source>row</source>
            <translation>Zeile</translation>
        </message>
        <message>
            <source>Of the grid, from 0 at the top.</source>
            <translation>Im Raster, ab 0 von oben.</translation>
        </message>
        <message>
            <source>column</source>
            <translation>Spalte</translation>
        </message>
        <message>
            <source>Of the grid, from 0 at the left.</source>
            <translation>Im Raster, ab 0 von links.</translation>
        </message>
        <message>
            <source>Pause at a change of</source>
            <translation>Pause bei einer Änderung um</translation>
        </message>
        <message>
            <source> %</source>
            <translation> %</translation>
        </message>
        <message>
            <source>Of the reference's value, up or down. 0: never.</source>
            <translation>Des Referenzwerts, nach oben oder unten. 0: nie.</translation>
        </message>
        <message>
            <source>Pace</source>
            <translation>Tempo</translation>
        </message>
        <message>
            <source>Learn and choose while the beam dwells</source>
            <translation>Lernen und wählen, während der Strahl verweilt</translation>
        </message>
        <message>
            <source>Each choice then knows one measurement less, and the beam waits less. The steps say how many measurements each choice knew.</source>
            <translation>Jede Wahl kennt dann eine Messung weniger, und der Strahl wartet weniger. Die Schritte sagen, wie viele Messungen jede Wahl kannte.</translation>
        </message>
        <message>
            <source>What the simulated microscope does</source>
            <translation>Was das simulierte Mikroskop tut</translation>
        </message>
        <message>
            <source> nm/s</source>
            <translation> nm/s</translation>
        </message>
        <message>
            <source>Of the sample, while the beam dwells and images are taken.</source>
            <translation>Der Probe, während der Strahl verweilt und Bilder aufgenommen werden.</translation>
        </message>
        <message>
            <source>Drift to the right</source>
            <translation>Drift nach rechts</translation>
        </message>
        <message>
            <source>Drift downwards</source>
            <translation>Drift nach unten</translation>
        </message>
        <message>
            <source>Random walk</source>
            <translation>Zufallsbewegung</translation>
        </message>
        <message>
            <source> nm/√s</source>
            <translation> nm/√s</translation>
        </message>
        <message>
            <source>Deviation after a second, each way, on top of the drift.</source>
            <translation>Abweichung nach einer Sekunde, in jeder Richtung, zusätzlich zur Drift.</translation>
        </message>
        <message>
            <source>Loss of focus</source>
            <translation>Fokusverlust</translation>
        </message>
        <message>
            <source>By how much the probe widens.</source>
            <translation>Um wie viel die Sonde breiter wird.</translation>
        </message>
        <message>
            <source>Contamination</source>
            <translation>Kontamination</translation>
        </message>
        <message>
            <source> /s</source>
            <translation> /s</translation>
        </message>
        <message>
            <source>Mean free paths of carbon that a second leaves.</source>
            <translation>Mittlere freie Weglängen Kohlenstoff, die eine Sekunde zurücklässt.</translation>
        </message>
    </context>
    <context>
        <name>helmscope::WatchView</name>
        <message>
            <source>The instrument during the run</source>
            <translation>Das Gerät während des Laufs</translation>
        </message>
        <message>
            <source>Drift, survey images and reference of a run whose plan watches over the instrument appear here: press 'Watch…' in the plan.</source>
            <translation>Drift, Übersichtsbilder und Referenz eines Laufs, dessen Plan das Gerät überwacht, erscheinen hier: im Plan auf „Überwachen …“ klicken.</translation>
        </message>
        <message>
            <source>step</source>
            <translation>Schritt</translation>
        </message>
        <message>
            <source>drift (nm): ━ right ╍ down</source>
            <translation>Drift (nm): ━ rechts ╍ unten</translation>
        </message>
        <message>
            <source>drift (pixels): ━ right ╍ down</source>
            <translation>Drift (Pixel): ━ rechts ╍ unten</translation>
        </message>
        <message>
            <source>new images: ● likeness ◇ sharpness</source>
            <translation>neue Bilder: ● Ähnlichkeit ◇ Schärfe</translation>
        </message>
        <message>
            <source>change of the reference (%)  ┄ limit</source>
            <translation>Änderung der Referenz (%)  ┄ Grenze</translation>
        </message>
        <message>
            <source>change of the reference (%)</source>
            <translation>Änderung der Referenz (%)</translation>
        </message>
        <message>
            <source>drift %1 nm right, %2 nm down</source>
            <translation>Drift %1 nm nach rechts, %2 nm nach unten</translation>
        </message>
        <message>
            <source>drift %1 pixels right, %2 pixels down</source>
            <translation>Drift %1 Pixel nach rechts, %2 Pixel nach unten</translation>
        </message>
        <message>
            <source> (extrapolated from the last two images)</source>
            <translation> (aus den letzten beiden Bildern extrapoliert)</translation>
        </message>
        <message>
            <source>new image: likeness %1, sharpness %2 of the first's%3</source>
            <translation>neues Bild: Ähnlichkeit %1, Schärfe %2 des ersten%3</translation>
        </message>
        <message>
            <source>, not believed</source>
            <translation>, nicht geglaubt</translation>
        </message>
        <message>
            <source>reference %1 %</source>
            <translation>Referenz %1 %</translation>
        </message>
        <message>
            <source>patch: %1</source>
            <translation>Ausschnitt: %1</translation>
        </message>
        <message>
            <source>chosen knowing %1 measurements</source>
            <translation>gewählt in Kenntnis von %1 Messungen</translation>
        </message>
        <message>
            <source> · </source>
            <translation> · </translation>
        </message>
    </context>
    <context>
        <name>helmscope::Welcome</name>
        <message>
            <source>First steps</source>
            <translation>Erste Schritte</translation>
        </message>
        <message>
            <source>&lt;b&gt;1&lt;/b&gt; Open a survey image with its spectra or a microscope, or stay with this simulated sample. &lt;b&gt;2&lt;/b&gt; Drag the band in the spectrum to say what to look for. &lt;b&gt;3&lt;/b&gt; Press Run: what is measured next is where the model learns most; ABORT, or Esc twice, stops the beam at once.</source>
            <translation>&lt;b&gt;1&lt;/b&gt; Öffnen Sie ein Übersichtsbild mit seinen Spektren oder ein Mikroskop, oder bleiben Sie bei dieser simulierten Probe. &lt;b&gt;2&lt;/b&gt; Ziehen Sie das Band im Spektrum, um zu bestimmen, wonach gesucht wird. &lt;b&gt;3&lt;/b&gt; Drücken Sie „Lauf“: Als Nächstes wird gemessen, wo das Modell am meisten lernt; „ABBRUCH“ oder zweimal Esc hält den Strahl sofort an.</translation>
        </message>
        <message>
            <source>Open…</source>
            <translation>Öffnen …</translation>
        </message>
        <message>
            <source>Opens data, a recorded run, or somebody else's recording.</source>
            <translation>Öffnet Daten, einen aufgezeichneten Lauf oder die Aufzeichnung eines anderen.</translation>
        </message>
        <message>
            <source>Got it</source>
            <translation>Verstanden</translation>
        </message>
        <message>
            <source>Puts this away for good; F1 says more.</source>
            <translation>Blendet dies dauerhaft aus; F1 sagt mehr.</translation>
        </message>
    </context>
</TS>
