// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/historyreader.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace helmscope {

class RunPicture;

/// All that is told of one version: what it changed in words, its files, pictures of its run, and
/// what can be done with it.
class HistoryDetails final : public QWidget
{
    Q_OBJECT
public:
    explicit HistoryDetails(QWidget *parent = nullptr);

    /// Shows what is known at once; the rest comes by setSummary() and setPictures().
    void show(const Version &version, const QStringList &tags);
    void setSummary(const VersionSummary &summary);
    void setPictures(const RunPictures &pictures);
    void setTags(const QStringList &tags);
    /// Nothing is selected; why, a sentence.
    void clear(const QString &sentence);
    void setProblem(const QString &sentence); ///< instead of what changed

    const QString &version() const { return m_version; } ///< id; empty when there is none
    QString run() const;  ///< chosen of those the version changed; empty when there is none
    QString text() const; ///< what changed, as it is shown

signals:
    void runChosen(const QString &id); ///< its pictures are wanted
    void runWished(const QString &id);
    void restoreWished(const QString &id, const QString &version);
    void keepWished(const QString &name, const QString &version);
    void removeTagWished(const QString &name);

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QWidget *makeBody();
    QWidget *makeButtons();
    void askForName(bool isAsked);
    void keep();
    void removeTag();
    void showButtons();
    void showText();

    QString m_version;
    QStringList m_tags, m_runs;
    QStringList m_sentences;
    std::vector<FileChange> m_files;

    QLabel *m_empty = nullptr, *m_title = nullptr, *m_about = nullptr, *m_text = nullptr,
           *m_pictureText = nullptr;
    QWidget *m_body = nullptr, *m_pictures = nullptr, *m_naming = nullptr;
    RunPicture *m_mean = nullptr, *m_deviation = nullptr;
    QComboBox *m_run = nullptr;
    QLineEdit *m_name = nullptr;
    QPushButton *m_open = nullptr, *m_restore = nullptr, *m_keep = nullptr, *m_removeTag = nullptr;
};

} // namespace helmscope
