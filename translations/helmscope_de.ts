<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
    <context>
        <name>helmscope::CatalogPanel</name>
        <message>
            <source>Recordings</source>
            <translation>Aufzeichnungen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CompareColumn</name>
        <message>
            <source>step %1 of %2</source>
            <translation>Schritt %1 von %2</translation>
        </message>
    </context>
    <context>
        <name>helmscope::CompareWindow</name>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::DosePanel</name>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>within a pixel</source>
            <translation>in einem Pixel</translation>
        </message>
    </context>
    <context>
        <name>helmscope::DrawBar</name>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::HistoryDetails</name>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
    </context>
    <context>
        <name>helmscope::HistoryWindow</name>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
    </context>
    <context>
        <name>helmscope::LineageWindow</name>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MainWindow</name>
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
            <source>Instrument</source>
            <translation>Instrument</translation>
        </message>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>Trust in σ</source>
            <translation>Vertrauen in σ</translation>
        </message>
        <message>
            <source>&amp;Run</source>
            <translation>&amp;Lauf</translation>
        </message>
        <message>
            <source>H&amp;istory</source>
            <translation>&amp;Verlauf</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
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
            <source>&amp;Quit</source>
            <translation>&amp;Beenden</translation>
        </message>
        <message>
            <source>step %1 of %2</source>
            <translation>Schritt %1 von %2</translation>
        </message>
        <message>
            <source>&amp;Edit</source>
            <translation>&amp;Bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Settings…</source>
            <translation>&amp;Einstellungen …</translation>
        </message>
    </context>
    <context>
        <name>helmscope::MeasureModel</name>
        <message>
            <source>Mean</source>
            <translation>Mittelwert</translation>
        </message>
    </context>
    <context>
        <name>helmscope::OpenDialog</name>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Panels</name>
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
            <source>row %1, col %2</source>
            <translation>Zeile %1, Spalte %2</translation>
        </message>
        <message>
            <source>%1 nm, %2 nm (%3)</source>
            <translation>%1 nm, %2 nm (%3)</translation>
        </message>
    </context>
    <context>
        <name>helmscope::PlanPanel</name>
        <message>
            <source>%1 points, %2 s of beam</source>
            <translation>%1 Punkte, %2 s Strahl</translation>
        </message>
    </context>
    <context>
        <name>helmscope::ProposalBar</name>
        <message>
            <source>Measure</source>
            <translation>Messen</translation>
        </message>
    </context>
    <context>
        <name>helmscope::PullPage</name>
        <message>
            <source>none</source>
            <translation>keine</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RunBar</name>
        <message>
            <source>&amp;Run</source>
            <translation>&amp;Lauf</translation>
        </message>
        <message>
            <source>Acquisition</source>
            <translation>Akquisition</translation>
        </message>
    </context>
    <context>
        <name>helmscope::RunsModel</name>
        <message>
            <source>Sample</source>
            <translation>Probe</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
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
            <source>Diameter of the &amp;probe</source>
            <translation>D&amp;urchmesser der Sonde</translation>
        </message>
        <message>
            <source>within a pixel</source>
            <translation>in einem Pixel</translation>
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
            <source>Size of the &amp;font</source>
            <translation>&amp;Schriftgröße</translation>
        </message>
        <message>
            <source>C&amp;hoose…</source>
            <translation>Ä&amp;ndern …</translation>
        </message>
        <message>
            <source>F&amp;older</source>
            <translation>&amp;Ordner</translation>
        </message>
        <message>
            <source>&amp;Who signs versions…</source>
            <translation>&amp;Wer Versionen zeichnet …</translation>
        </message>
    </context>
    <context>
        <name>helmscope::SpectrumView</name>
        <message>
            <source>Spectrum</source>
            <translation>Spektrum</translation>
        </message>
    </context>
    <context>
        <name>helmscope::StatusLine</name>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
        <message>
            <source>Instrument</source>
            <translation>Instrument</translation>
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
        <name>helmscope::Tr</name>
        <message>
            <source>Acquisition</source>
            <translation>Akquisition</translation>
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
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <source>Instrument</source>
            <translation>Instrument</translation>
        </message>
        <message>
            <source>Sample</source>
            <translation>Probe</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message>
            <source>Dose</source>
            <translation>Dosis</translation>
        </message>
    </context>
    <context>
        <name>helmscope::Value</name>
        <message>
            <source>Back to the default: %1</source>
            <translation>Zurück zur Vorgabe: %1</translation>
        </message>
        <message>
            <source>Default: %1.</source>
            <translation>Vorgabe: %1.</translation>
        </message>
    </context>
</TS>
