// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QFile>
#include <QHash>
#include <QJsonObject>
#include <QList>
#include <QString>

#include <map>
#include <vector>

namespace helmscope {

/// A condition of a query on one field: "beamEnergyKev>=200", "detector:haadf".
struct CatalogCondition
{
    QByteArray key; ///< "detector"
    QString sign;   ///< ":" holds the text, or a comparison with the number
    QByteArray text;
    double number = 0;

    bool holds(double value) const;         ///< NaN: no value, never
    bool holds(const QString &value) const; ///< whatever its case
};

/// A query: all words somewhere, all conditions.
struct CatalogQuery
{
    QList<QByteArray> words; ///< lower case, without spaces
    QList<CatalogCondition> conditions;
};

/// Which lines of a catalogue hold what, laid out in a file so that a question touches little of
/// it: the distinct words with the lines they stand in, and a column for each field.
class SearchIndex
{
public:
    /// Gathers what is to be found of the lines, in their order.
    class Maker
    {
    public:
        /// A line of the catalogue and where it begins in the file.
        void add(const QJsonObject &line, qint64 offset);
        /// Throws Error when the file cannot be written. `size` is that of the catalogue's file,
        /// which the index is only good for.
        void write(const QString &file, qint64 size) const;

    private:
        std::vector<quint64> m_offsets;
        QHash<QByteArray, std::vector<quint32>> m_words;
        std::map<QByteArray, std::vector<double>> m_numbers;
        std::map<QByteArray, std::vector<quint32>> m_texts; ///< which of the field's values, + 1
        std::map<QByteArray, std::pair<QHash<QString, quint32>, QList<QByteArray>>> m_values;
    };

    /// Opens an index for a catalogue's file of this size; isValid() is false where there is none
    /// or it belongs to another.
    SearchIndex(const QString &file, qint64 size);
    bool isValid() const { return m_data != nullptr; }

    /// Where the lines begin that answer a query, at most `most`, in their order.
    std::vector<qint64> find(const CatalogQuery &query, int most) const;

private:
    struct Part
    {
        const char *data = nullptr;
        quint64 count = 0; ///< of what it holds
        template <class Number>
        Number at(quint64 index) const;
    };
    Part part(const QByteArray &name, quint64 size) const;
    void keepWord(const QByteArray &word, std::vector<bool> &lines) const;
    void keepWhere(const CatalogCondition &condition, std::vector<bool> &lines) const;

    QFile m_file;
    const char *m_data = nullptr;
    qint64 m_size = 0;
    std::map<QByteArray, std::pair<quint64, quint64>> m_parts; ///< name -> place, bytes
};

} // namespace helmscope
